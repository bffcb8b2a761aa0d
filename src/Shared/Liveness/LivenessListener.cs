using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Liveness;

/// <summary>
/// The socket by which the other nodes see this process live: greets whoever connects and then holds still.
/// </summary>
/// <remarks>
/// <para>It must stay open exactly as long as the process takes part, because a refused reconnect is proof of death:
/// so it belongs to the actor system, not to an actor that may restart, and no error ends its loop.</para>
/// <para>Nothing a client does can cost more than a slot: one byte at most is ever read, and above
/// <see cref="MaximumConnections"/> a newcomer is closed without a greeting, which proves nothing to it. A
/// connection that was greeted is never closed from this side.</para>
/// </remarks>
internal sealed class LivenessListener : IDisposable
{
    internal const int MaximumConnections = 1024;

    // Out of file descriptors: the kernel keeps accepting into its backlog, we look again a little later.
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopped = new();
    private readonly byte[] _greeting;
    private readonly int _maximumConnections;
    private readonly ILogger _log;
    private int _connections;
    private bool _warned;

    /// <summary>Binds and listens; throws <see cref="SocketException"/> where the address or port cannot be had.</summary>
    public LivenessListener(IPEndPoint endpoint, long incarnation, ILogger log, int maximumConnections = MaximumConnections)
    {
        _greeting = LivenessGreeting.Write(incarnation);
        _maximumConnections = maximumConnections;
        _log = log;
        _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(endpoint);
        _socket.Listen();
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        Incarnation = incarnation;
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public long Incarnation { get; }

    public void Dispose()
    {
        // The listening socket first: who sees its connection close must then find the port refused.
        _socket.Dispose();
        _stopped.Cancel();
    }

    private async Task AcceptAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var connection = await _socket.AcceptAsync(_stopped.Token);
                if (Interlocked.Increment(ref _connections) > _maximumConnections)
                {
                    Interlocked.Decrement(ref _connections);
                    connection.Dispose();
                    WarnOnce();
                }
                else
                {
                    _ = HoldAsync(connection);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || _stopped.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                LivenessLog.AcceptFailed(_log, e.SocketErrorCode, e);
                await Task.Delay(PauseAfterError);
            }
        }
    }

    private async Task HoldAsync(Socket connection)
    {
        try
        {
            using (connection)
            {
                connection.NoDelay = true;
                PeerWatch.EnableKeepAlive(connection);
                await connection.SendAsync(_greeting, _stopped.Token);
                await connection.ReceiveAsync(new byte[1], _stopped.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or we are.
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private void WarnOnce()
    {
        if (!_warned)
        {
            _warned = true;
            LivenessLog.TooManyConnections(_log, _maximumConnections);
        }
    }
}
