using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Primitives;
using Pomegranate.Frontend.Http;
using Pomegranate.Streaming;
using Pomegranate.Wire;

namespace Pomegranate.Frontend.Streaming;

/// <summary>
/// The frontend's end of a request's stream after its head: reads are the response's body, which ends only where the
/// home has said so; after an upgrade writes are what the client sends.
/// </summary>
/// <remarks>
/// A stream that was cut throws, so that YARP cuts the client's connection: a truncated body must not look whole. A
/// WebSocket's client is told with a close frame instead, where one fits.
/// </remarks>
/// <param name="onBodyRequested">The app reads its request's body after it has begun to answer.</param>
/// <param name="client">Of whom the home may ask something; null for nobody.</param>
internal sealed class ResponseStream(ConnectionContext connection, Action onBodyRequested, RequestClient? client, Action<ResponseStream> onClosed) : Stream
{
    /// <summary>REFUSED_STREAM of HTTP/2, which gRPC reads as "unavailable".</summary>
    private const int RefusedStream = 7;

    private readonly PipeReader _input = connection.Transport.Input;
    private readonly PipeWriter _output = connection.Transport.Output;
    private WebSocketFrames? _frames;
    private GrpcFrames? _messages;
    private int _left;
    private bool _isComplete;
    private bool _isReset;
    private int _closeSent;
    private Exception? _cut;
    private volatile bool _goesAway;
    private int _isClosed;

    /// <summary>Told the trailers, before the read that returns 0.</summary>
    public Action<KeyValuePair<string, StringValues>[]>? OnTrailers { get; set; }

    /// <summary>
    /// Called once, if the body makes its reader wait: sends the head, which the app has flushed, to the client. YARP
    /// keeps it until the first byte of the body.
    /// </summary>
    public Func<Task>? OnWait { get; set; }

    /// <summary>Told when nobody reads it any more.</summary>
    public Action? OnClosed { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The response is a WebSocket's: it can be closed in its own words.</summary>
    public void IsWebSocket() => _frames = new WebSocketFrames();

    /// <summary>The response is of gRPC over HTTP/2: it can be ended in its own words.</summary>
    public void IsGrpc() => _messages = new GrpcFrames();

    /// <summary>Ends the stream: the home's node was removed from the cluster.</summary>
    public void Cut() => connection.Abort(new ConnectionAbortedException("The session's home was removed from the cluster."));

    /// <summary>Closes a WebSocket as soon as none of its frames is half sent: this frontend stops.</summary>
    public void GoAway()
    {
        if (_frames is not null)
        {
            _goesAway = true;
            _input.CancelPendingRead();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_cut is not null)
        {
            return EndOf(_cut, buffer.Span);
        }

        try
        {
            var reading = ReadFramesAsync(buffer, cancellationToken);
            if (!reading.IsCompleted && OnWait is { } sendHead)
            {
                OnWait = null;
                await sendHead();
            }

            OnWait = null;
            return await reading;
        }
        catch (Exception failure) when (failure is IOException or WireFormatException or ConnectionAbortedException)
        {
            _cut = failure;
            return EndOf(failure, buffer.Span);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Where nobody takes it any more, the reads say so.
        StreamFrame.WriteData(_output, buffer.Span);
        await _output.FlushAsync(cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            onClosed(this);
            OnClosed?.Invoke();
            if (!_isComplete)
            {
                // The app's RequestAborted.
                connection.Abort(new ConnectionAbortedException("The client left."));
            }

            _ = connection.DisposeAsync().AsTask();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadFramesAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!_isComplete)
        {
            if (_goesAway && Close(buffer.Span) is { } closed)
            {
                return closed;
            }

            try
            {
                if (_left > 0)
                {
                    return await ReadDataAsync(buffer, cancellationToken);
                }

                await ReadFrameAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (_goesAway && !cancellationToken.IsCancellationRequested)
            {
                // Woken up to close.
            }
        }

        return 0;
    }

    private async ValueTask<int> ReadDataAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await _input.ReadAsync(cancellationToken);
        if (read.IsCanceled)
        {
            _input.AdvanceTo(read.Buffer.Start);
            throw new OperationCanceledException();
        }

        if (read.Buffer.IsEmpty && read.IsCompleted)
        {
            throw new EndOfStreamException("The stream ended within a frame.");
        }

        var part = read.Buffer.Slice(0, Math.Min(Math.Min(_left, buffer.Length), read.Buffer.Length));
        var taken = (int)part.Length;
        System.Buffers.BuffersExtensions.CopyTo(part, buffer.Span);
        _input.AdvanceTo(part.End);
        _left -= taken;
        _frames?.Follow(buffer.Span[..taken]);
        _messages?.Follow(buffer.Span[..taken]);
        return taken;
    }

    private async ValueTask ReadFrameAsync(CancellationToken cancellationToken)
    {
        if (await StreamFrame.ReadHeaderAsync(_input, cancellationToken) is not { } frame)
        {
            throw new EndOfStreamException("The stream ended before its end was sent.");
        }

        switch (frame.Kind)
        {
            case StreamFrameKind.Data:
                _left = frame.Length;
                break;
            case StreamFrameKind.End:
                OnTrailers?.Invoke(StreamHeaders.Parse(
                    await StreamFrame.ReadPayloadAsync(_input, frame.Length, cancellationToken) ?? throw new EndOfStreamException("The stream ended within its trailers.")));
                _isComplete = true;
                break;
            case StreamFrameKind.Body:
                onBodyRequested();
                break;
            case StreamFrameKind.Rate:
                var rate = await StreamFrame.ReadPayloadAsync(_input, frame.Length, cancellationToken) ?? throw new EndOfStreamException("The stream ended within a rate.");
                client?.SetRate(StreamRate.Parse(rate));
                break;
            case StreamFrameKind.Reset:
                var code = await StreamFrame.ReadPayloadAsync(_input, frame.Length, cancellationToken) ?? throw new EndOfStreamException("The stream ended within an error code.");
                _isReset = true;
                client?.Reset((int)Math.Min(new WireReader(code).VarInt(), int.MaxValue));
                throw new EndOfStreamException("The app has reset the client's stream.");
            case StreamFrameKind.GoingAway:
                throw new EndOfStreamException("The session's home stops.");
            default:
                throw new WireFormatException($"A home sent a stream frame of kind {frame.Kind} after its head.");
        }
    }

    private int EndOf(Exception cut, Span<byte> buffer) =>
        Close(buffer) ?? EndCall() ?? throw new IOException("The session's home has cut the response before its end.", cut);

    /// <summary>
    /// A gRPC call's status: its clients know what to do about "unavailable". Null where there is none to say; one that has
    /// half of a message is told so by the stream's error code.
    /// </summary>
    private int? EndCall()
    {
        if (_messages is null || _isReset)
        {
            return null;
        }

        if (!_messages.IsBetweenMessages)
        {
            client?.Reset(RefusedStream);
            return null;
        }

        if (!_isComplete)
        {
            _isComplete = true;
            OnTrailers?.Invoke([new("grpc-status", "14"), new("grpc-message", "The node that ran the call has died or stopped.")]);
        }

        return 0;
    }

    /// <summary>A WebSocket's last word, and then its end; null where there is none to say.</summary>
    private int? Close(Span<byte> buffer)
    {
        if (_frames is null || (_closeSent == 0 && !_frames.IsBetweenFrames))
        {
            return null;
        }

        if (buffer.IsEmpty)
        {
            // YARP asks without a buffer first, whether there is something to read: there is.
            return 0;
        }

        var word = _frames.HasSeenClose ? default : WebSocketFrames.GoingAway[_closeSent..];
        word = word[..Math.Min(word.Length, buffer.Length)];
        word.CopyTo(buffer);
        _closeSent += word.Length;
        _isComplete = word.IsEmpty;
        return word.Length;
    }
}
