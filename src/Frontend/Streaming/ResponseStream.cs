using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Primitives;
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
internal sealed class ResponseStream(ConnectionContext connection, Action onBodyRequested, Action<ResponseStream> onClosed) : Stream
{
    private readonly PipeReader _input = connection.Transport.Input;
    private readonly PipeWriter _output = connection.Transport.Output;
    private WebSocketFrames? _frames;
    private int _left;
    private bool _isComplete;
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
            case StreamFrameKind.GoingAway:
                throw new EndOfStreamException("The session's home stops.");
            default:
                throw new WireFormatException($"A home sent a stream frame of kind {frame.Kind} after its head.");
        }
    }

    private int EndOf(Exception cut, Span<byte> buffer) =>
        Close(buffer) ?? throw new IOException("The session's home has cut the response before its end.", cut);

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
