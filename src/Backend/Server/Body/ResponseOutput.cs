using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>
/// Where a response goes. One that is complete soon and fits a message leaves as one message, which costs the least and
/// can be repeated after a failover; any other leaves by the request's stream.
/// <code>
/// collecting --complete--> one message
///     \--over the inline limit, or flushed and not complete within a moment--> streaming --complete--> end of stream
/// </code>
/// A held response waits for its end whatever is flushed, and streams only when it becomes too long.
/// The app's calls come one after another; only the watch over what was flushed is concurrent with them.
/// </summary>
internal sealed class ResponseOutput(int inlineBytes, RequestStream stream, RequestLifetimeFeature lifetime)
{
    /// <summary>
    /// How long flushed bytes wait for the rest: most apps flush once and return, and need no stream of their own.
    /// </summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    // What awaits it tells the session's actor, and that wakes a thread: one is enough, so it runs in the app's call that
    // completed the response.
    private readonly TaskCompletionSource<WebResponse?> _response = new();
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _staged;
    private WebResponse? _head;
    private bool _isWatched;
    private ReadOnlyMemory<byte> _flushed;
    private Task? _streaming;
    private int _sent;
    private bool _isEager;
    private Func<Task>? _beforeHeldLeaves;
    private bool _dropBody;
    private bool _addContentLength;
    private KeyValuePair<string, StringValues>[] _trailers = [];
    private bool _isOver;
    private bool _isInline;
    private bool _cancelFlush;

    /// <summary>The response; null once it leaves by the stream.</summary>
    public Task<WebResponse?> Response => _response.Task;

    public long UnflushedBytes => Length - _flushed.Length;

    private int Length => _staged?.WrittenCount ?? 0;

    private bool IsAborted => lifetime.Aborted is not null;

    /// <summary>What the app flushes is wanted now: no waiting for the rest.</summary>
    public void DisableBuffering() => _isEager = true;

    public Memory<byte> GetMemory(int sizeHint) => (_staged ??= new ArrayBufferWriter<byte>()).GetMemory(sizeHint);

    public void Advance(int bytes)
    {
        if (!IsAborted)
        {
            // After an abort bytes go nowhere, without an error, as into a closed connection.
            _staged!.Advance(bytes);
        }
    }

    public async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (IsAborted)
        {
            return Flushed();
        }

        if (_streaming is null && Length + data.Length <= inlineBytes)
        {
            GetMemory(data.Length);
            _staged!.Write(data.Span);
            return await FlushAsync(cancellationToken);
        }

        await SendStagedAsync(cancellationToken);
        await SendAsync(data, cancellationToken);
        return Flushed();
    }

    public async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsAborted)
        {
            return Flushed();
        }

        if (!TryHold())
        {
            await SendStagedAsync(cancellationToken);
        }

        return Flushed();
    }

    /// <summary>The head may leave, unless all of the response is there in a moment.</summary>
    public void FlushHead()
    {
        if (!IsAborted && !_isWatched && !IsHeld)
        {
            _isWatched = true;
            _ = StreamFlushedLaterAsync();
        }
    }

    public void CancelPendingFlush() => _cancelFlush = true;

    /// <summary>Forgets what was written before the start: it belonged to a response that an error has replaced.</summary>
    public void Discard()
    {
        _staged = null;
        _flushed = default;
    }

    /// <summary>Nothing leaves before the response is complete, or too long to be held; then this is awaited first.</summary>
    public void Hold(Func<Task> beforeItLeaves) => _beforeHeldLeaves = beforeItLeaves;

    /// <summary>The head is final.</summary>
    public void Start(WebResponse head) => _head = head;

    /// <param name="dropBody">Whatever was written, the response has no body (HEAD, 204, 304).</param>
    /// <param name="addContentLength">
    /// The app left the length open. Kestrel sends such a body chunked, so its client learns no length beforehand; here
    /// it is known, and a length lets the frontend answer without framing of its own. Both mean the same to a client.
    /// </param>
    public void End(bool dropBody, bool addContentLength, KeyValuePair<string, StringValues>[] trailers)
    {
        _dropBody = dropBody;
        _addContentLength = addContentLength;
        _trailers = trailers;
        _isInline = End() && (dropBody || Length <= inlineBytes);
    }

    /// <summary>The response that has ended; null where it leaves, or has left, by the stream.</summary>
    public WebResponse? Whole
    {
        get
        {
            if (!_isInline)
            {
                return null;
            }

            var head = _head!;
            var body = _dropBody || _staged is null ? ReadOnlyMemory<byte>.Empty : _staged.WrittenMemory;
            var headers = _addContentLength
                ? [.. head.Headers, new("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture))]
                : head.Headers;
            return head with { Headers = headers, Body = body, Trailers = _trailers };
        }
    }

    /// <summary>What has ended leaves.</summary>
    public async ValueTask CompleteAsync()
    {
        if (Whole is { } whole)
        {
            // Before: whoever has the response may leave at once.
            lifetime.End();
            _response.TrySetResult(whole);
            return;
        }

        await SendStagedAsync(CancellationToken.None);
        if (IsAborted)
        {
            // Not the mark of a whole response.
            stream.Abort();
            return;
        }

        await stream.SendEndAsync(_trailers);
        lifetime.End();
    }

    /// <summary>There is no whole response: whoever waits for it learns why, and the client sees a cut.</summary>
    public void Fail(Exception failure)
    {
        End();
        _response.TrySetException(failure);
        if (failure is ResponseAbortedException { ResetCode: { } code })
        {
            stream.Reset(code);
        }
        else if (failure is ResponseAbortedException { Reason: AbortReason.Application } && _head is { StatusCode: StatusCodes.Status101SwitchingProtocols })
        {
            // ASP.NET Core's WebSockets abort right after a close frame that says why: it is not to be lost.
            stream.AbortOnceSent();
        }
        else if (failure is not ResponseAbortedException { Reason: AbortReason.Failure })
        {
            stream.Abort();
        }

        // Else what was streamed still arrives, as from Kestrel, and the stream closes without its end.
    }

    /// <summary>Nothing starts a stream from here on; true where none has been started.</summary>
    private bool End()
    {
        lock (_lock)
        {
            _isOver = true;
            return _streaming is null;
        }
    }

    private bool IsHeld => _beforeHeldLeaves is not null;

    /// <summary>The body that was flushed is as long as its Content-Length: nothing but the app's return can follow.</summary>
    private bool IsAllThatWasAnnounced
    {
        get
        {
            foreach (var (name, values) in _head!.Headers)
            {
                if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                {
                    return long.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length == _flushed.Length;
                }
            }

            return false;
        }
    }

    /// <summary>Whether what was flushed may wait a moment for the rest.</summary>
    private bool TryHold()
    {
        lock (_lock)
        {
            if (_streaming is not null || (_isEager && !IsHeld) || Length > inlineBytes)
            {
                return false;
            }

            _flushed = _staged?.WrittenMemory ?? default;
        }

        if (!_isWatched && !IsHeld && !IsAllThatWasAnnounced)
        {
            _isWatched = true;
            _ = StreamFlushedLaterAsync();
        }

        return true;
    }

    /// <summary>After a moment, what was flushed leaves. The app may be writing behind it meanwhile.</summary>
    private async Task StreamFlushedLaterAsync()
    {
        await Task.Delay(Moment);
        lock (_lock)
        {
            if (!_isOver && _streaming is null)
            {
                _streaming = StartStreamAsync(_flushed);
            }
        }
    }

    private async Task SendStagedAsync(CancellationToken cancellationToken)
    {
        if (_beforeHeldLeaves is { } before)
        {
            _beforeHeldLeaves = null;
            await before();
        }

        Task streaming;
        lock (_lock)
        {
            streaming = _streaming ??= StartStreamAsync(default);
        }

        await streaming;
        if (Length > _sent)
        {
            await SendAsync(_staged!.WrittenMemory[_sent..], cancellationToken);
        }

        _staged?.ResetWrittenCount();
        _flushed = default;
        _sent = 0;
    }

    private async Task StartStreamAsync(ReadOnlyMemory<byte> flushed)
    {
        // Not inside the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await stream.SendHeadAsync(_head!);
            _response.TrySetResult(null);
            _sent = flushed.Length;
            await stream.SendDataAsync(flushed, CancellationToken.None);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            var gone = new ResponseAbortedException(AbortReason.ClientGone, "The frontend could not be reached for the response's stream.", failure);
            lifetime.Abort(gone);
            _response.TrySetException(gone);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!IsAborted && !await stream.SendDataAsync(data, cancellationToken))
        {
            lifetime.Abort(new ResponseAbortedException(AbortReason.ClientGone, "The client left before the response was complete."));
        }
    }

    private FlushResult Flushed()
    {
        var canceled = _cancelFlush;
        _cancelFlush = false;
        return new FlushResult(canceled, isCompleted: IsAborted);
    }
}
