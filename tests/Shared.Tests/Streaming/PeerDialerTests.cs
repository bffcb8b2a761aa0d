using System.Net;
using System.Net.Sockets;
using Pomegranate.Streaming;

namespace Pomegranate.Shared.Tests.Streaming;

/// <summary>Connections by name while names resolve, and while they do not any more.</summary>
public sealed class PeerDialerTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _port;
    private readonly PeerDialer _dialer;
    private Func<CancellationToken, Task<IPAddress[]>> _resolve = _ => Task.FromResult(new[] { IPAddress.Loopback });
    private int _asked;

    public PeerDialerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _dialer = new PeerDialer(
            (_, cancellation) =>
            {
                _asked++;
                return _resolve(cancellation);
            },
            TimeProvider.System);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Connect_SameIncarnation_NameIsAskedForOnce()
    {
        await DialAsync("one");
        await DialAsync("one");

        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Connect_NextIncarnation_NameIsAskedForAgain()
    {
        await DialAsync("one");
        await DialAsync("two");

        Assert.Equal(2, _asked);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public async Task Connect_NameDoesNotResolveAnyMore_LastAddressIsTaken(string incarnation)
    {
        await DialAsync("one");
        _resolve = _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

        await DialAsync(incarnation);
    }

    [Fact]
    public async Task Connect_NameServerDoesNotAnswerAnyMore_LastAddressIsTaken()
    {
        await DialAsync("one");
        _resolve = async cancellation =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return [];
        };

        await DialAsync("two");
    }

    [Fact]
    public async Task Connect_AddressHasChanged_NameIsAskedForAgain()
    {
        // Nobody listens at the first address any more; the name has the next.
        using var elsewhere = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        elsewhere.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), _port));
        elsewhere.Listen();
        await DialAsync("one");
        _listener.Close();
        _resolve = _ => Task.FromResult(new[] { IPAddress.Parse("127.0.0.2") });

        await DialAsync("one");

        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Connect_NameIsNotKnown_SaysSo()
    {
        _resolve = _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

        var failure = await Assert.ThrowsAsync<SocketException>(() => DialAsync("one"));

        Assert.Equal(SocketError.HostNotFound, failure.SocketErrorCode);
    }

    private async Task DialAsync(string incarnation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var socket = await _dialer.ConnectAsync("frontend1", _port, incarnation, limit.Token);
        Assert.True(socket.Connected);
    }
}
