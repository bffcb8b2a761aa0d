using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Pomegranate.Streaming;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// A client's body on its way to the session's home: kept whole while it fits the request's message, so that it can be
/// sent again after a failover; from then on, and only when the app reads it, written to the request's stream.
/// </summary>
/// <remarks>What YARP copies the client's body to. Where it waits, the client waits: TCP is the back-pressure.</remarks>
internal sealed class RequestBody : Stream
{
    private readonly int _inlineBytes;
    private readonly TimeProvider _time;
    private readonly BodyRate _rate;
    private readonly TaskCompletionSource _isLong = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<PipeWriter> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly MemoryStream _kept = new();
    private bool _isWhole;
    private long _lastProgress;
    private volatile bool _isRefused;
    private volatile ConnectionContext? _connection;
    private volatile bool _isTooSlow;

    /// <param name="least">How slow the client may be while the app reads; null for no limit. The app may choose another.</param>
    public RequestBody(int inlineBytes, MinDataRate? least, TimeProvider time)
    {
        _inlineBytes = inlineBytes;
        _time = time;
        _lastProgress = time.GetTimestamp();
        _rate = new BodyRate(least, time, OnTooSlow);
    }

    /// <summary>Completes when the body turns out not to fit the message.</summary>
    public Task IsLong => _isLong.Task;

    /// <summary>The app has begun to read it: what was read is not here any more, so it cannot be sent again.</summary>
    public bool IsStreaming => _stream.Task.IsCompletedSuccessfully;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A body that was copied without becoming long.</summary>
    public ReadOnlyMemory<byte> Whole => _kept.GetBuffer().AsMemory(0, (int)_kept.Length);

    /// <summary>How long ago the app has taken something of it.</summary>
    public TimeSpan SinceProgress => _time.GetElapsedTime(Interlocked.Read(ref _lastProgress));

    /// <summary>Does not wait for the rest of a body that comes slowly: the app may have to answer its beginning.</summary>
    /// <returns>Whether the body is long now; else it had become whole in the meantime.</returns>
    public bool BecomeLong()
    {
        lock (_kept)
        {
            return !_isWhole && (_isLong.TrySetResult() || _isLong.Task.IsCompleted);
        }
    }

    /// <summary>The app reads: from here on the body goes there. A second reader gets nothing.</summary>
    public void StreamTo(ConnectionContext connection)
    {
        _connection ??= connection;
        if (_stream.TrySetResult(connection.Transport.Output))
        {
            _rate.Want();
            _ = SendKeptAsync();
        }
    }

    /// <summary>There is an answer, so nobody need read the rest: where nobody has begun to, the copying stops.</summary>
    public void Refuse() => _stream.TrySetException(new IOException("The app has answered without reading the request's body."));

    /// <summary>The app has chosen another rate.</summary>
    public void SetRate(MinDataRate? least) => _rate.Least = least;

    /// <summary>It could not be read because the client was too slow.</summary>
    public bool IsTooSlow => _isTooSlow;

    /// <summary>The client's body could not be read to its end: never, where it could.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Copies the client's body here, and on to the app as it reads.</summary>
    /// <param name="isAwaited">The client sends nothing before it is told to: the app decides, by reading.</param>
    /// <exception cref="IOException">The client's body could not be read, and is not long.</exception>
    public async Task CopyAsync(HttpContent content, bool isAwaited, CancellationToken cancellation)
    {
        try
        {
            if (isAwaited)
            {
                _isLong.TrySetResult();
                await _stream.Task.WaitAsync(cancellation);
            }

            _rate.Wait();
            await content.CopyToAsync(this, cancellation);
            _rate.Come(0);
            lock (_kept)
            {
                _isWhole = !_isLong.Task.IsCompleted;
            }

            if (_isLong.Task.IsCompleted)
            {
                await SendAsync(default, cancellation, isLast: true);
            }
        }
        catch (Exception failure) when (_isLong.Task.IsCompleted)
        {
            // Refused is told by the stream itself: a flag set beside it would come too late for whoever waits for it.
            if (!_isRefused && !_stream.Task.IsFaulted)
            {
                _connection?.Abort(new ConnectionAbortedException("The client's body could not be read to its end.", failure));
                _failed.TrySetResult();
            }
        }
        finally
        {
            _rate.Dispose();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _rate.Come(buffer.Length);
        if (!TryKeep(buffer))
        {
            await SendAsync(buffer, cancellationToken);
        }

        _rate.Wait();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private bool TryKeep(ReadOnlyMemory<byte> buffer)
    {
        lock (_kept)
        {
            if (!_isLong.Task.IsCompleted && _kept.Length + buffer.Length <= _inlineBytes)
            {
                _kept.Write(buffer.Span);
                return true;
            }

            _isLong.TrySetResult();
            return false;
        }
    }

    /// <summary>Neither the app nor an answer that has begun waits for the rest any longer.</summary>
    private void OnTooSlow()
    {
        _isTooSlow = true;
        _failed.TrySetResult();
        _connection?.Abort(new ConnectionAbortedException("The client sends its body too slowly."));
    }

    /// <summary>What was kept, and then this, once the app reads.</summary>
    private async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken, bool isLast = false)
    {
        var output = await _stream.Task.WaitAsync(cancellationToken);
        await _sending.WaitAsync(cancellationToken);
        try
        {
            if (_kept.Length > 0)
            {
                StreamFrame.WriteData(output, Whole.Span);
                _kept.SetLength(0);
            }

            StreamFrame.WriteData(output, data.Span);
            if (isLast)
            {
                StreamFrame.Write(output, StreamFrameKind.End, []);
            }

            var flushed = await output.FlushAsync(cancellationToken);
            Interlocked.Exchange(ref _lastProgress, _time.GetTimestamp());
            if (flushed.IsCompleted)
            {
                // It has answered, or died: either way somebody else says so.
                _isRefused = true;
                throw new IOException("The app's end of the request's stream is closed.");
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The client may be waiting for an answer to what it has sent so far.</summary>
    private async Task SendKeptAsync()
    {
        try
        {
            await SendAsync(default, CancellationToken.None);
        }
        catch (IOException)
        {
            // Whoever copies the rest sees it too.
        }
    }
}
