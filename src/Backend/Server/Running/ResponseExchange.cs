using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>
/// The state of one response and Kestrel's rules for it.
/// <code>
/// open --first write, flush, StartAsync--> started --CompleteAsync or the app's return--> completed
///   \--the app's return, or its failure: 500-------------------------------------------/
/// </code>
/// Started means: OnStarting callbacks ran, the session is committed, status and headers are final. A failure after that
/// can no longer be told by a status: <see cref="ResponseOutput.Fail"/>. Of an exactly-once request the session is only
/// sealed then, and committed once the response is complete or becomes too long to hold.
/// </summary>
internal sealed class ResponseExchange(
    string method,
    RequestIdentity identity,
    ResponseFeature response,
    ResponseHeaders headers,
    ResponseTrailersFeature? trailers,
    IRequestSession session,
    ResponseOutput output,
    Func<KeyValuePair<string, StringValues>[], KeyValuePair<string, StringValues>[]> encode,
    ILogger logger)
{
    private Task? _commit;
    private bool _bodyAllowed = true;
    private bool _addContentLength;
    private bool _leaseIsValid;
    private bool _completed;
    private long _written;

    /// <summary>Why the request was rejected; null where it was not.</summary>
    public BadHttpRequestException? Rejection { get; private set; }

    /// <summary>What the app did wrong so far.</summary>
    public Exception? ApplicationError { get; private set; }

    public long UnflushedBytes => output.UnflushedBytes;

    /// <summary>Whether the client has, or will have, every byte that the head promises.</summary>
    private bool IsWhole => !_bodyAllowed || (!headers.HasTransferEncoding && headers.ContentLength == _written);

    public Memory<byte> GetMemory(int sizeHint)
    {
        CheckNotCompleted();
        _leaseIsValid = true;
        return output.GetMemory(sizeHint);
    }

    public void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (!_leaseIsValid)
        {
            throw new InvalidOperationException("Invalid ordering of calling StartAsync or CompleteAsync and Advance.");
        }

        CheckNotCompleted();
        if (!_bodyAllowed)
        {
            CheckHead();
        }

        CountWrite(bytes);
        if (_bodyAllowed)
        {
            output.Advance(bytes);
        }
    }

    public async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        CheckNotCompleted();
        if (response.HasStarted)
        {
            CountWrite(data.Length);
        }
        else
        {
            await StartAsync(data.Length);
        }

        if (!_bodyAllowed)
        {
            CheckHead();
            return default;
        }

        return await output.WriteAsync(data, cancellationToken);
    }

    public async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        await StartAsync();
        return await output.FlushAsync(cancellationToken);
    }

    /// <summary>Starts the response, and lets its head leave; what the app has written without a flush stays.</summary>
    public async ValueTask FlushHeadAsync()
    {
        if (!response.HasStarted)
        {
            await StartAsync();
            output.FlushHead();
        }
    }

    public void DisableBuffering() => output.DisableBuffering();

    public void CancelPendingFlush() => output.CancelPendingFlush();

    /// <summary>Starts the response if it is not: callbacks, commit, then the head is final.</summary>
    /// <param name="firstWrite">Bytes that the app is about to write and that must fit its Content-Length.</param>
    public async ValueTask StartAsync(int firstWrite = 0)
    {
        if (response.HasStarted)
        {
            return;
        }

        await FireOnStartingAsync();
        if (ApplicationError is not null)
        {
            throw new ObjectDisposedException("The response has been aborted due to an unhandled application exception.", ApplicationError);
        }

        CountWrite(firstWrite);
        if (IsHeld)
        {
            session.Seal();
            output.Hold(() => CommitAsync());
        }
        else
        {
            await CommitAsync();
        }

        if (ResponseFraming.Check(method, response.StatusCode, headers) is { } invalid)
        {
            throw invalid;
        }

        FixHead(appCompleted: false);
    }

    /// <summary>Runs the OnStarting callbacks that have not run; a failure becomes the app's error.</summary>
    public async ValueTask FireOnStartingAsync()
    {
        try
        {
            await response.FireOnStartingAsync();
        }
        catch (Exception failure)
        {
            ReportApplicationError(failure);
        }
    }

    /// <summary>The app completes its response, possibly long before it returns.</summary>
    public async ValueTask CompleteAsync(Exception? exception)
    {
        if (exception is not null)
        {
            ReportApplicationError(exception);
        }

        if (!response.HasStarted)
        {
            await FireOnStartingAsync();
        }

        if (!_completed)
        {
            CheckContentLength();
            await EndAsync();
        }
    }

    /// <exception cref="InvalidOperationException">The app wrote less than the Content-Length it set.</exception>
    public void CheckContentLength()
    {
        if (!HttpMethods.IsHead(method)
            && response.StatusCode != StatusCodes.Status304NotModified
            && !headers.HasTransferEncoding
            && headers.ContentLength is { } expected
            && _written < expected)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too few bytes written ({_written} of {expected}).");
        }
    }

    /// <summary>An upgrade has no end to wait for.</summary>
    private bool IsHeld => session.IsExactlyOnce && response.StatusCode != StatusCodes.Status101SwitchingProtocols;

    /// <summary>Ends the response: whole, or as an error, or cut off where an error comes too late to be told.</summary>
    public async ValueTask EndAsync()
    {
        if (_completed)
        {
            return;
        }

        if (_commit is { IsFaulted: true })
        {
            await _commit;
        }

        if (ApplicationError is { } error)
        {
            if (!response.HasStarted)
            {
                TurnIntoError(Rejection?.StatusCode ?? StatusCodes.Status500InternalServerError);
            }
            else if (!IsWhole)
            {
                _completed = true;
                await CommitAsync();
                output.Fail(new ResponseAbortedException(
                    AbortReason.Failure, "The application failed after its response had started.", error));
                return;
            }
        }

        if (!response.HasStarted)
        {
            if (IsHeld)
            {
                session.Seal();
            }
            else
            {
                await CommitAsync();
            }

            if (ResponseFraming.Check(method, response.StatusCode, headers) is { } invalid)
            {
                ReportApplicationError(invalid);
                TurnIntoError(StatusCodes.Status500InternalServerError);
            }

            FixHead(appCompleted: true);
        }

        _completed = true;
        output.End(dropBody: !_bodyAllowed, _addContentLength, trailers is null ? [] : encode([.. trailers.Trailers]));
        await CommitAsync(output.Whole);
        await output.CompleteAsync();
    }

    /// <summary>The request was aborted: there is no response, yet what the app did to its session counts.</summary>
    public async ValueTask AbandonAsync(Exception reason)
    {
        if (!response.HasStarted)
        {
            // For the logs: the status that Kestrel notes.
            response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }

        // Of an exactly-once request that others ended nothing counts: it may be sent again, and then runs as if for the
        // first time.
        if (!session.IsExactlyOnce || reason is ResponseAbortedException { Reason: AbortReason.Application })
        {
            await CommitAsync();
        }

        _completed = true;
        output.Fail(reason);
    }

    /// <summary>Notes and logs what the app did wrong. What it only passes on is neither its error nor logged as such.</summary>
    public void ReportApplicationError(Exception error)
    {
        if (error is SessionConflictException)
        {
            // No error: the commit says it too, and the request is run again.
            return;
        }

        if (error is BadHttpRequestException rejection)
        {
            Rejection ??= rejection;
            logger.BadRequest(identity.ConnectionId, rejection.Message, rejection);
        }

        ApplicationError = ApplicationError is { } earlier ? new AggregateException(earlier, error).Flatten() : error;
        if (_commit?.IsFaulted != true)
        {
            logger.ApplicationError(identity.ConnectionId, identity.TraceIdentifier, error);
        }
    }

    /// <summary>Once per request, however it ends; a failure stays, so that no later attempt to respond slips through.</summary>
    private Task CommitAsync(WebResponse? outcome = null) => _commit ??= InvokeCommitAsync(outcome);

    private async Task InvokeCommitAsync(WebResponse? outcome) => await session.CommitAsync(outcome);

    private void FixHead(bool appCompleted)
    {
        _leaseIsValid = false;
        var status = response.StatusCode;
        _bodyAllowed = ResponseFraming.AllowsBody(method, status);
        if (headers.ContentLength is null && !headers.HasTransferEncoding && ResponseFraming.MayAddContentLength(method, status))
        {
            if ((appCompleted || !_bodyAllowed) && _written == 0)
            {
                headers.ContentLength = 0;
            }
            else
            {
                _addContentLength = _bodyAllowed;
            }
        }

        headers.SetReadOnly();
        response.Start();
        output.Start(new WebResponse { StatusCode = status, ReasonPhrase = response.ReasonPhrase, Headers = encode([.. headers]) });
    }

    private void TurnIntoError(int status)
    {
        response.StatusCode = status;
        response.ReasonPhrase = null;
        headers.Clear();
        headers.ContentLength = 0;
        trailers?.Trailers.Clear();
        output.Discard();
        _written = 0;
    }

    private void CountWrite(int bytes)
    {
        if (!headers.HasTransferEncoding && headers.ContentLength is { } expected && _written + bytes > expected)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too many bytes written ({_written + bytes} of {expected}).");
        }

        _written += bytes;
    }

    /// <summary>A body that cannot be: ignored for HEAD, where the app need not know, refused for the statuses.</summary>
    private void CheckHead()
    {
        if (!HttpMethods.IsHead(method))
        {
            throw new InvalidOperationException($"Writing to the response body is invalid for responses with status code {response.StatusCode}.");
        }
    }

    private void CheckNotCompleted()
    {
        if (_completed)
        {
            throw new InvalidOperationException("Writing is not allowed after writer was completed.");
        }
    }
}
