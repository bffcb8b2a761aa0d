using Pomegranate.Backend.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>One run of a request through the app, on the thread pool: whatever becomes of it, it ends with a reply.</summary>
/// <param name="Key">What the client calls the request, so that it is exactly-once; null where it does not.</param>
/// <param name="Cancellation">The client has left.</param>
internal readonly record struct RequestRun(RunRequest Request, IdempotencyKey? Key, CancellationToken Cancellation)
{
    public async Task<Ended> RunAsync(SessionServices services, LiveSession live)
    {
        var session = new RequestSession(live, Request.RequestId, Cancellation, Key,
            isInDoubt: Request is { IsInDoubt: true, IsIdempotent: false }, isRepeat: Request is { IsInDoubt: true, IsIdempotent: true });
        try
        {
            var response = await services.Runner.RunAsync(Request.Request, StreamOf(Request, session, services.Writer), session, Cancellation);
            if (session.IsTurnedAway)
            {
                return new Ended(new RequestReply(Request.RequestId, ReplyKind.NotSeen, services.NodeName));
            }

            return response is null
                ? Refused(services, 503, "The request has run and its answer was streamed, so it is not kept. It was not run again.") with { IsStreamed = true }
                : new Ended(session.ReplyOf(response), Key?.Key);
        }
        catch (SessionCommitException failure)
        {
            services.Logger.CommitFailed(failure.Message);
            return Refused(services, 503, failure.Message);
        }
        catch (OverloadedException full)
        {
            return Refused(services, 503, full.Message);
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            // The client left while it waited to run.
            return Aborted(services);
        }
        catch (ResponseAbortedException aborted)
        {
            return Aborted(services, aborted.ResetCode);
        }
        catch (Exception failure)
        {
            // Whatever it was, the client gets an answer and the session goes on.
            services.Logger.RequestFailed(failure);
            return Refused(services, 500, "The request failed in its session's home; see the log of the node.");
        }
        finally
        {
            session.ReleaseTurn();
        }
    }

    private static RequestStream StreamOf(RunRequest request, RequestSession session, ulong writer) => new(
        () => StreamConnector.ConnectAsync(request.Ticket),
        new StreamHello(request.Ticket.Secret, request.RequestId.Number, writer),
        head => GatewaySerializer.ToBytes(session.ReplyOf(head)),
        takesFacts: request.Request.Facts is not null);

    private Ended Aborted(SessionServices services, int? resetCode = null) =>
        new(new RequestReply(Request.RequestId, ReplyKind.Aborted, services.NodeName, Status: resetCode + 1 ?? 0), Key?.Key);

    private Ended Refused(SessionServices services, int status, string reason) =>
        new(new RequestReply(Request.RequestId, ReplyKind.Refused, services.NodeName, Status: status, Reason: reason), Key?.Key);

    /// <summary>What the session's actor is told.</summary>
    /// <param name="Key">What the client called the request.</param>
    /// <param name="IsStreamed">The client has the answer, or the beginning of it; the reply is for whoever asks again.</param>
    internal sealed record Ended(RequestReply Reply, Guid? Key = null, bool IsStreamed = false);
}
