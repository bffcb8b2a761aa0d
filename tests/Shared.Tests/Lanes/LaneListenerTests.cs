using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Lanes;
using Pomegranate.Shared.Tests.Liveness;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Lanes;

/// <summary>Who may open a lane, and who may not.</summary>
public sealed class LaneListenerTests : IDisposable
{
    private static readonly UniqueAddress s_self = new(new Address("akka.tcp", "p", "home", 1), 7);
    private static readonly UniqueAddress s_opener = new(new Address("akka.tcp", "p", "opener", 1), 8);

    private readonly LaneListener _listener = new(new IPEndPoint(IPAddress.Loopback, 0), s_self, NullLogger.Instance);
    private readonly TaskCompletionSource<LaneEnd> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LaneListenerTests() => _listener.Accept(LaneChannel.Requests, lane =>
    {
        var end = new LaneEnd(lane);
        _opened.SetResult(end);
        return end;
    });

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Greeting_WithTheSecret_OpensALane()
    {
        using var socket = Connect();
        await GreetAsync(socket, Hello());
        var far = LaneEnd.Start(new Lane(socket, s_self, NullLogger.Instance));
        var near = await _opened.Task.Within("the lane");

        Assert.Equal(s_opener, near.Lane.Peer);
        far.Send(16);
        Assert.Equal(16, (await near.NextAsync()).Kind);
        near.Send(17);
        Assert.Equal(17, (await far.NextAsync()).Kind);
    }

    [Fact]
    public async Task Greeting_OfAStranger_IsClosedWithoutAWord()
    {
        using var socket = Connect();

        await Assert.ThrowsAsync<WireFormatException>(() => GreetAsync(socket, Hello() with { Secret = Guid.NewGuid() }));
        Assert.False(_opened.Task.IsCompleted);
    }

    [Fact]
    public async Task Greeting_ForAChannelThatIsNotTaken_IsRefused()
    {
        using var socket = Connect();

        await Assert.ThrowsAsync<WireFormatException>(() => GreetAsync(socket, Hello() with { Channel = (LaneChannel)99 }));
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A0D0A")]
    [InlineData("10" + "00000001" + "01")]
    [InlineData("01" + "00000201")]
    [InlineData("01" + "00000002" + "0201")]
    public async Task NoGreeting_IsClosed(string hex)
    {
        using var socket = Connect();
        await socket.SendAsync(Convert.FromHexString(hex));

        Assert.Equal(0, await ReadAsync(socket));
    }

    [Fact]
    public async Task StrangersThatSayNothing_AreBounded()
    {
        var silent = Enumerable.Range(0, LaneListener.MaxStrangers).Select(_ => Connect()).ToList();
        using (var next = Connect())
        {
            Assert.Equal(0, await ReadAsync(next));
        }

        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Dispose_EndsTheLanes()
    {
        using var socket = Connect();
        await GreetAsync(socket, Hello());
        var near = await _opened.Task.Within("the lane");

        _listener.Dispose();

        await near.Closed.Within("the lane's end");
    }

    private LaneHello Hello() => new(LaneChannel.Requests, _listener.Ticket.Secret, s_opener);

    private Socket Connect()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, _listener.Ticket.Port);
        return socket;
    }

    private static Task GreetAsync(Socket socket, LaneHello hello) =>
        LaneHandshake.GreetAsync(socket, hello, CancellationToken.None).Within("the answer to a greeting");

    /// <summary>How many bytes come: none where the connection ends.</summary>
    private static async Task<int> ReadAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]).Within("the connection's end");
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
