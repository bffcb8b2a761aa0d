using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;
using Pomegranate.Streaming;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Server;

/// <summary>
/// The home's end of a request's stream (see <see cref="StreamFrameKind"/>): opened when the app first reads a body that
/// did not fit the request's message, or when its response leaves in parts. Most requests never open theirs.
/// </summary>
/// <param name="connect">Opens the connection.</param>
/// <param name="takesFacts">Whether the frontend knows frames of rates and resets.</param>
/// <param name="head">Makes the head's bytes of what the app has set.</param>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is not used holds nothing.")]
internal sealed class RequestStream(Func<Task<ConnectionContext>> connect, StreamHello hello, Func<WebResponse, byte[]> head, bool takesFacts = false)
{
    /// <summary>How long an aborted request's last words may wait for a client that does not read.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _sending = new(1);
    private Pipe? _incoming;
    private Task<ConnectionContext>? _connection;
    private volatile bool _isOver;
    private readonly List<StreamRate> _rates = new(0);
    private TimeSpan _patience = Timeout.InfiniteTimeSpan;

    /// <summary>Set once by the request that owns the stream: the other end has closed it before the response was complete.</summary>
    public Action? OnCut { get; set; }

    /// <summary>Told of each piece that goes either way.</summary>
    public Action? OnTraffic { get; init; }

    /// <summary>What the frontend sends: the request's body, or what comes after an upgrade.</summary>
    public PipeReader Incoming
    {
        get
        {
            lock (_lock)
            {
                // Small: TCP holds more, and an app that does not read must stop its client soon.
                _incoming ??= new Pipe(new PipeOptions(pauseWriterThreshold: 2 * StreamFrame.MaxData, resumeWriterThreshold: StreamFrame.MaxData));
                return _incoming.Reader;
            }
        }
    }

    /// <summary>The app reads: asks for the body.</summary>
    public async Task RequestBodyAsync()
    {
        try
        {
            await SendAsync(output => StreamFrame.Write(output, StreamFrameKind.Body, []));
        }
        catch (Exception failure)
        {
            _ = Incoming;
            await _incoming!.Writer.CompleteAsync(new IOException("The frontend that has the request's body cannot be reached.", failure));
        }
    }

    public async Task SendHeadAsync(WebResponse response) =>
        await SendAsync(output => StreamFrame.Write(output, StreamFrameKind.Head, head(response)));

    /// <summary>Completes when there is room for more; false where nobody reads any more.</summary>
    public async ValueTask<bool> SendDataAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            var part = data[..Math.Min(data.Length, StreamFrame.MaxData)];
            OnTraffic?.Invoke();
            if (!await SendAsync(output => StreamFrame.Write(output, StreamFrameKind.Data, part.Span), cancellation))
            {
                return false;
            }

            data = data[part.Length..];
        }

        return true;
    }

    /// <summary>The response is whole.</summary>
    public async Task SendEndAsync(KeyValuePair<string, StringValues>[] trailers)
    {
        _isOver = true;
        await SendAsync(output => StreamFrame.Write(output, StreamFrameKind.End, StreamHeaders.ToBytes(trailers)));
    }

    /// <summary>The server stops: a WebSocket's client is told so.</summary>
    public async Task SendGoingAwayAsync()
    {
        _isOver = true;
        await SendAsync(output => StreamFrame.Write(output, StreamFrameKind.GoingAway, []));
    }

    /// <summary>The frontend is told as soon as there is a stream: before that nothing moves that could be too slow.</summary>
    public void SetRate(RateKind kind, double? bytesPerSecond, TimeSpan grace)
    {
        if (!takesFacts)
        {
            return;
        }

        var rate = new StreamRate(kind, bytesPerSecond, grace);
        lock (_lock)
        {
            _rates.RemoveAll(older => older.Kind == kind);
            _rates.Add(rate);
            if (_connection is null)
            {
                return;
            }
        }

        _ = TellAsync(output => StreamFrame.Write(output, StreamFrameKind.Rate, rate.ToBytes()));
    }

    /// <summary>The app has reset the client's stream: the last word here, where the stream is open.</summary>
    public void Reset(int errorCode)
    {
        if (takesFacts && Opened is not null)
        {
            AbortOnceSent();
            var code = new ArrayBufferWriter<byte>(8);
            new WireWriter(code).Count(errorCode);
            _ = TellAsync(output => StreamFrame.Write(output, StreamFrameKind.Reset, code.WrittenSpan));
        }
        else
        {
            Abort();
        }
    }

    /// <summary>Cuts the stream, so that the other end sees that it is not whole. Does nothing where it was never opened.</summary>
    public void Abort()
    {
        _isOver = true;
        if (Opened is { IsCompletedSuccessfully: true } connection)
        {
            connection.Result.Abort();
        }
    }

    /// <summary>The stream closes without its end, after what was sent has left: <see cref="CloseAsync"/> then waits only a moment for it.</summary>
    public void AbortOnceSent()
    {
        _isOver = true;
        _patience = LastWords;
    }

    /// <summary>The request is over: what was sent still arrives, the rest of the body is not read.</summary>
    public async Task CloseAsync()
    {
        _isOver = true;
        if (Opened is { } opening)
        {
            try
            {
                var connection = await opening;
                if (await _sending.WaitAsync(_patience))
                {
                    await connection.Transport.Output.CompleteAsync();
                    _sending.Release();
                }
                else
                {
                    connection.Abort();
                }

                await connection.DisposeAsync();
            }
            catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException or OperationCanceledException or ConnectionAbortedException)
            {
                // It never opened, or was cut: whoever used it has seen that.
            }
        }
    }

    private Task<ConnectionContext>? Opened
    {
        get
        {
            lock (_lock)
            {
                return _connection;
            }
        }
    }

    private async ValueTask<bool> SendAsync(Action<PipeWriter> write, CancellationToken cancellation = default)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            Task<ConnectionContext> opening;
            lock (_lock)
            {
                opening = _connection ??= OpenAsync();
            }

            var output = (await opening).Transport.Output;
            write(output);
            var flushed = await output.FlushAsync(cancellation);
            return !flushed.IsCompleted;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Nobody waits for it, and where the frontend is gone others say so.</summary>
    private async Task TellAsync(Action<PipeWriter> write)
    {
        try
        {
            await SendAsync(write);
        }
        catch (Exception gone) when (gone is IOException or System.Net.Sockets.SocketException or OperationCanceledException or ConnectionAbortedException or InvalidOperationException)
        {
        }
    }

    private async Task<ConnectionContext> OpenAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var connection = await connect();
        StreamFrame.Write(connection.Transport.Output, StreamFrameKind.Hello, hello.ToBytes());
        lock (_lock)
        {
            _rates.ForEach(rate => StreamFrame.Write(connection.Transport.Output, StreamFrameKind.Rate, rate.ToBytes()));
        }

        _ = Incoming;
        _ = ReceiveAsync(connection.Transport.Input, _incoming!.Writer);
        return connection;
    }

    private async Task ReceiveAsync(PipeReader input, PipeWriter body)
    {
        Exception? cut = null;
        try
        {
            while (await StreamFrame.ReadHeaderAsync(input, CancellationToken.None) is { } frame)
            {
                if (frame.Kind == StreamFrameKind.End)
                {
                    await body.CompleteAsync();
                    continue;
                }

                if (frame.Kind != StreamFrameKind.Data)
                {
                    throw new WireFormatException($"A frontend sent a stream frame of kind {frame.Kind}.");
                }

                OnTraffic?.Invoke();
                await CopyAsync(input, body, frame.Length);
            }

            cut = new ConnectionResetException("The client disconnected.");
        }
        catch (Exception failure)
        {
            cut = new ConnectionResetException("The client disconnected.", failure);
        }

        if (!_isOver)
        {
            // Before the app, whose read fails now, can end the request as one that nobody has aborted.
            OnCut?.Invoke();
        }

        await body.CompleteAsync(cut);
        await input.CompleteAsync();
    }

    private static async Task CopyAsync(PipeReader input, PipeWriter body, int length)
    {
        while (length > 0)
        {
            var read = await input.ReadAsync();
            var part = read.Buffer.Slice(0, Math.Min(length, read.Buffer.Length));
            foreach (var segment in part)
            {
                body.Write(segment.Span);
            }

            length -= (int)part.Length;
            input.AdvanceTo(part.End);
            await body.FlushAsync();
            if (read.IsCompleted && length > 0)
            {
                throw new EndOfStreamException("The stream ended within a frame.");
            }
        }
    }
}
