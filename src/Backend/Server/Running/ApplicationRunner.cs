using Microsoft.Extensions.Logging;
using Pomegranate.Http;
using Pomegranate.Overload;

namespace Pomegranate.Backend.Server;

/// <summary>Runs requests through the app's own pipeline.</summary>
internal sealed class ApplicationRunner(
    ErasedApplication application,
    RequestSettings settings,
    FrontendAddresses addresses,
    RunningRequests running,
    Admission admission,
    AppThreads threads,
    ILogger logger)
{
    /// <summary>
    /// Runs one request on the thread pool, in a clean execution context: nothing of the caller's flows into the app
    /// and an app that blocks does not block the caller. The task completes when the response is complete, which may be
    /// before the app returns (<c>Response.CompleteAsync</c>) and is before its <c>OnCompleted</c> callbacks; or, with
    /// null, when the response has begun to leave by the stream.
    /// </summary>
    /// <param name="stream">For what does not fit one message.</param>
    /// <param name="clientGone">Fires the app's <c>RequestAborted</c>.</param>
    /// <exception cref="SessionCommitException">The session's changes could not be committed: the response is discarded.</exception>
    /// <exception cref="ResponseAbortedException">There is no (whole) response: cut the client's connection.</exception>
    /// <exception cref="OverloadedException">The node runs as many requests as it may: this one has not run.</exception>
    /// <exception cref="InvalidOperationException">The server has stopped.</exception>
    public async Task<WebResponse?> RunAsync(WebRequest request, RequestStream stream, IRequestSession session, CancellationToken clientGone)
    {
        if (!RequestTarget.TryParse(request.Method, request.RawTarget, out var target) || !TryDecodeHeaders(ref request))
        {
            // A frontend refuses these itself, as Kestrel does: before any of the app runs.
            return new WebResponse { StatusCode = 400, Headers = [new("Content-Length", "0")] };
        }

        addresses.Learn(request.Facts?.HttpsPort ?? 0);

        // Until the response is complete, or has begun to stream: feeds and sockets may last.
        var (lease, refusal) = await admission.EnterAsync(clientGone);
        using var admitted = lease ?? throw new OverloadedException(refusal!);
        running.Enter();
        var execution = new RequestExecution(application, request, stream, target, session, settings, running, logger, clientGone);
        threads.Queue(execution);
        return await execution.Response;
    }

    /// <summary>From a frontend that tells facts they are bytes; from an earlier one they are text.</summary>
    private bool TryDecodeHeaders(ref WebRequest request)
    {
        if (request.Facts is null)
        {
            return true;
        }

        if (!HeaderBytes.TryDecode(request.Headers, settings.RequestHeaderEncoding, out var decoded))
        {
            return false;
        }

        if (decoded != request.Headers)
        {
            request = request with { Headers = decoded };
        }

        return true;
    }
}
