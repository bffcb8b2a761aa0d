using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>
/// Where a response goes: here, into memory, to leave as one message when it is complete. The only class to replace for
/// a response that leaves in chunks: the head is final at <see cref="Start"/>, <see cref="FlushAsync"/> is where
/// back-pressure belongs, <see cref="Fail"/> cuts the stream.
/// </summary>
internal sealed class BufferedResponse(long maxBytes, RequestLifetimeFeature lifetime)
{
    // The awaiting actor must not run inside the app's call that completed the response.
    private readonly TaskCompletionSource<WebResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte>? _body;
    private WebResponse? _head;
    private long _flushed;
    private bool _cancelFlush;

    public Task<WebResponse> Response => _response.Task;

    public long Length => _body?.WrittenCount ?? 0;

    public long UnflushedBytes => Length - _flushed;

    public Memory<byte> GetMemory(int sizeHint) => (_body ??= new ArrayBufferWriter<byte>()).GetMemory(sizeHint);

    /// <exception cref="ResponseTooLargeException">Also of every later write.</exception>
    public void Advance(int bytes)
    {
        CheckRoom(bytes);
        if (lifetime.Aborted is null)
        {
            // After an abort bytes go nowhere, without an error, as into a closed connection.
            _body!.Advance(bytes);
        }
    }

    /// <exception cref="ResponseTooLargeException">Also of every later write.</exception>
    public ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        CheckRoom(data.Length);
        if (lifetime.Aborted is null && !data.IsEmpty)
        {
            (_body ??= new ArrayBufferWriter<byte>(data.Length)).Write(data.Span);
        }

        return FlushAsync(cancellationToken);
    }

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _flushed = Length;
        var canceled = _cancelFlush;
        _cancelFlush = false;
        return new(new FlushResult(canceled, isCompleted: lifetime.Aborted is not null));
    }

    public void CancelPendingFlush() => _cancelFlush = true;

    public void Start(WebResponse head) => _head = head;

    /// <param name="dropBody">Whatever was written, the response has no body (HEAD, 204, 304).</param>
    /// <param name="addContentLength">
    /// The app left the length open. Kestrel sends such a body chunked, so its client learns no length beforehand; here
    /// it is known, and a length lets the frontend answer without framing of its own. Both mean the same to a client.
    /// </param>
    public void Complete(bool dropBody, bool addContentLength, KeyValuePair<string, StringValues>[] trailers)
    {
        var head = _head!;
        var body = dropBody || _body is null ? ReadOnlyMemory<byte>.Empty : _body.WrittenMemory;
        var headers = addContentLength
            ? [.. head.Headers, new("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture))]
            : head.Headers;
        _response.TrySetResult(head with { Headers = headers, Body = body, Trailers = trailers });
    }

    public void Fail(Exception failure) => _response.TrySetException(failure);

    private void CheckRoom(int more)
    {
        if (lifetime.Aborted is ResponseTooLargeException tooLarge)
        {
            throw tooLarge;
        }

        if (Length + more > maxBytes)
        {
            var failure = new ResponseTooLargeException(Length + more, maxBytes);
            lifetime.Abort(failure);
            throw failure;
        }
    }
}
