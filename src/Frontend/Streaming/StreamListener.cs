using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Gateway;
using Pomegranate.Streaming;
using Pomegranate.Wire;

namespace Pomegranate.Frontend.Streaming;

/// <summary>
/// Where sessions' homes open the streams of requests that this frontend has in flight. A port of its own: it must
/// outlive Kestrel's, whose running requests still need it when the frontend stops. Thread-safe.
/// </summary>
internal sealed partial class StreamListener : IDisposable
{
    private const int Backlog = 512;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger;
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<ulong, PendingRequest> _pending = new();
    private readonly ConcurrentDictionary<ResponseStream, ulong> _open = new();

    public StreamListener(IOptions<NodeOptions> node, IOptions<GatewayOptions> gateway, ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger<StreamListener>();
        var hostname = node.Value.Hostname;
        var address = IPAddress.TryParse(hostname, out var parsed) ? parsed : Dns.GetHostAddresses(hostname)[0];
        try
        {
            _socket.Bind(new IPEndPoint(address, gateway.Value.StreamPort));
        }
        catch (SocketException failure)
        {
            throw new InvalidOperationException(
                $"{GatewayOptions.Section}:{nameof(GatewayOptions.StreamPort)} is {gateway.Value.StreamPort} but the frontend cannot listen there on {address}: "
                + $"{failure.Message}. Choose another, or 0 to let the system choose.", failure);
        }

        _socket.Listen(Backlog);
        Ticket = new StreamTicket(node.Value.EffectivePublicHostname, ((IPEndPoint)_socket.LocalEndPoint!).Port, Guid.NewGuid());
        _ = AcceptAsync();
    }

    /// <summary>What a home needs to open a stream here.</summary>
    public StreamTicket Ticket { get; }

    /// <summary>How many streams are open.</summary>
    public int Count => _open.Count;

    public void Expect(PendingRequest request) => _pending[request.Number] = request;

    public void Forget(PendingRequest request) => _pending.TryRemove(request.Number, out _);

    /// <summary>A backend was removed from the cluster: what it streamed has ended.</summary>
    public void Cut(ulong node)
    {
        foreach (var (stream, home) in _open)
        {
            if (home == node)
            {
                stream.Cut();
            }
        }
    }

    /// <summary>This frontend stops: its WebSockets' clients are told so.</summary>
    public void GoAway()
    {
        foreach (var stream in _open.Keys)
        {
            stream.GoAway();
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _socket.Dispose();
        foreach (var stream in _open.Keys)
        {
            stream.Cut();
        }

        _stopped.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stopped.Token);
                _ = ServeAsync(new StreamConnection(socket));
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException || _stopped.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException failure)
            {
                AcceptFailed(_logger, failure);
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    /// <summary>Until the head: then the response's stream has the connection.</summary>
    private async Task ServeAsync(ConnectionContext connection)
    {
        PendingRequest? request = null;
        var isAnswered = false;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            patience.CancelAfter(Patience);
            var hello = await ReadHelloAsync(connection, patience.Token);
            if (hello.Secret != Ticket.Secret || !_pending.TryGetValue(hello.Request, out request))
            {
                // The client has left, or the request was answered otherwise.
                return;
            }

            var input = connection.Transport.Input;
            while (await StreamFrame.ReadHeaderAsync(input, _stopped.Token) is { } frame)
            {
                var payload = await StreamFrame.ReadPayloadAsync(input, frame.Length, _stopped.Token);
                switch (frame.Kind)
                {
                    case StreamFrameKind.Body:
                        request.StreamBody(connection);
                        break;
                    case StreamFrameKind.Rate when payload is not null:
                        request.Client?.SetRate(StreamRate.Parse(payload));
                        break;
                    case StreamFrameKind.Reset:
                        // Its reply says so too, by the way that replies take.
                        return;
                    case StreamFrameKind.Head when payload is not null:
                        var reply = GatewaySerializer.ReplyOf(payload);
                        var pending = request;
                        var stream = new ResponseStream(connection, () => pending.StreamBody(connection), pending.Client, closed => _open.TryRemove(closed, out _));
                        _open[stream] = hello.Node;
                        isAnswered = true;
                        request.Complete(reply, stream);
                        return;
                    default:
                        throw new WireFormatException($"A home sent a stream frame of kind {frame.Kind} before its head.");
                }
            }
        }
        catch (Exception failure)
        {
            StreamFailed(_logger, connection.RemoteEndPoint, failure.Message);
        }
        finally
        {
            if (!isAnswered)
            {
                connection.Abort();
                await connection.DisposeAsync();
            }
        }
    }

    private static async Task<StreamHello> ReadHelloAsync(ConnectionContext connection, CancellationToken cancellation)
    {
        var frame = await StreamFrame.ReadHeaderAsync(connection.Transport.Input, cancellation)
            ?? throw new WireFormatException("The connection ended before its greeting.");
        if (frame.Kind != StreamFrameKind.Hello || frame.Length > 256)
        {
            throw new WireFormatException("The connection did not begin with a greeting: it is no home's.");
        }

        return StreamHello.Parse(await StreamFrame.ReadPayloadAsync(connection.Transport.Input, frame.Length, cancellation)
            ?? throw new WireFormatException("The connection ended within its greeting."));
    }

    [LoggerMessage(3101, LogLevel.Warning, "The stream listener cannot accept a connection; it goes on trying.")]
    private static partial void AcceptFailed(ILogger logger, Exception failure);

    [LoggerMessage(3102, LogLevel.Debug, "The stream from {RemoteEndPoint} has ended before its head: {Reason}")]
    private static partial void StreamFailed(ILogger logger, EndPoint? remoteEndPoint, string reason);
}
