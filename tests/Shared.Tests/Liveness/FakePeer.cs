using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

/// <summary>A liveness listener under the test's control: it accepts, and says or closes only what the test wants.</summary>
internal sealed class FakePeer : IDisposable
{
    private readonly Channel<Socket> _accepted = Channel.CreateUnbounded<Socket>();
    private readonly List<Socket> _open = [];
    private readonly TcpListener _listener;

    public FakePeer(long? incarnation, int port = 0)
    {
        Incarnation = incarnation;
        _listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = false };
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Who greets from now on; null greets nobody.</summary>
    public long? Incarnation { get; set; }

    public async Task<Socket> AcceptedAsync() => await _accepted.Reader.ReadAsync().AsTask().Within("a connection to the fake peer");

    /// <summary>What the kernel does to a killed process: the port first, then the connections.</summary>
    public void Die()
    {
        _listener.Stop();
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
        }
    }

    public void Dispose() => Die();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                lock (_open)
                {
                    _open.Add(socket);
                }

                if (Incarnation is { } incarnation)
                {
                    await socket.SendAsync(LivenessGreeting.Write(incarnation));
                }

                _accepted.Writer.TryWrite(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _accepted.Writer.TryComplete();
        }
    }
}
