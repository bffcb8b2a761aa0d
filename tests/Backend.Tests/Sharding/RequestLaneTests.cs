using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Backend.Tests.Sharding;

/// <summary>A backend's end of a lane, between a frontend's end in the test's hands and probes for region and sessions.</summary>
public sealed class RequestLaneTests : TestKit
{
    private static readonly UniqueAddress s_peer = new(new Address("akka.tcp", "p", "peer", 1), 1);

    private readonly SessionId _session = SessionId.NewRandom();
    private readonly LiveActors _actors = new();
    private readonly TestProbe _region;
    private readonly Frontend _frontend;
    private readonly TestProbe _guestHouse;
    private readonly Guests _guests = new();
    private readonly Lane _near;

    public RequestLaneTests()
    {
        _region = CreateTestProbe("region");
        _guestHouse = CreateTestProbe("guest-house");
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndPoint!);
        _near = new Lane(listener.Accept(), s_peer, NullLogger.Instance);
        _near.Start(new RequestLane(_near, new RequestDoor(_region, _actors, _guestHouse, _guests), Sys));
        _frontend = new Frontend(new Lane(socket, s_peer, NullLogger.Instance));
    }

    [Fact]
    public async Task SessionLivesHere_ItsActorGetsTheMessageAndItsAnswerGoesBack()
    {
        var actor = CreateTestProbe();
        _actors.Started(_session, actor);

        var find = Send(1);

        Assert.Equal(find, await actor.ExpectMsgAsync<FindRequest>());
        actor.Reply(Answer(1));
        Assert.Equal((GatewayFrames.Reply, 1ul), await _frontend.NextAsync());
        await _region.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task NoActor_OrOneThatStops_TheRegionGetsTheMessage()
    {
        var first = Send(1);
        Assert.Equal(first, await _region.ExpectMsgAsync<FindRequest>());
        _region.Reply(Answer(1));
        Assert.Equal((GatewayFrames.Reply, 1ul), await _frontend.NextAsync());

        var actor = CreateTestProbe();
        _actors.Started(_session, actor);
        _actors.Stopping(_session, actor);
        Assert.Equal(Send(2), await _region.ExpectMsgAsync<FindRequest>());
    }

    [Fact]
    public async Task RequestForThisNode_GoesToTheGuestHouse_UnlessItsSessionLivesHere()
    {
        var run = Run("GET") with { IsForNode = true };
        _frontend.Send(run);
        Assert.True((await _guestHouse.ExpectMsgAsync<RunRequest>()).IsForNode);

        // What is said of it goes to what runs it, whose session it does not ask for.
        var guest = CreateTestProbe();
        _guests.Arrived(run.RequestId, guest);
        var find = Send(run.RequestId.Number);
        Assert.Equal(find, await guest.ExpectMsgAsync<FindRequest>());
        _guests.Gone(run.RequestId);
        Assert.Equal(Send(run.RequestId.Number), await _region.ExpectMsgAsync<FindRequest>());

        var home = CreateTestProbe();
        _actors.Started(_session, home);
        _frontend.Send(run);
        await home.ExpectMsgAsync<RunRequest>();
    }

    [Fact]
    public async Task RequestForThisNode_WithoutALane_GoesTheSameWay()
    {
        var inlet = Sys.ActorOf(RequestInlet.Props(_region, new RequestDoor(_region, _actors, _guestHouse, _guests)));
        var run = Run("GET") with { IsForNode = true };
        inlet.Tell(new SessionMessages([run]));
        await _guestHouse.ExpectMsgAsync<RunRequest>();

        var guest = CreateTestProbe();
        _guests.Arrived(run.RequestId, guest);
        inlet.Tell(new SessionMessages([new FindRequest(run.RequestId, run.SessionId), new CancelRequest(run.RequestId, run.SessionId)]));
        await guest.ExpectMsgAsync<FindRequest>();
        await guest.ExpectMsgAsync<CancelRequest>();

        inlet.Tell(new SessionMessages([run with { IsForNode = false, RequestId = new RequestId(7, 7) }]));
        await _region.ExpectMsgAsync<RunRequest>();
    }

    [Fact]
    public async Task HomeIsOnAnotherNode_TheFrontendIsToldSo()
    {
        Send(1);
        await _region.ExpectMsgAsync<FindRequest>();

        // As remoting does with the answer of another node: it finds the sender by its path.
        var sender = ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(_region.LastSender.Path);
        sender.Tell(Answer(1), new Elsewhere());

        Assert.Equal((GatewayFrames.ReplyFromElsewhere, 1ul), await _frontend.NextAsync());
    }

    [Fact]
    public async Task DeadLetter_IsReportedByTheLane()
    {
        // It listens once it answers: what becomes a dead letter before that, nobody reports.
        await Sys.ActorOf(UndeliveredRequests.Props("home")).Ask<ActorIdentity>(new Identify(1), Deadline.Default);
        var request = Run("POST");
        var actor = CreateTestProbe();
        _actors.Started(_session, actor);
        Watch(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);

        // The actor has ended, and the lane did not know it yet.
        _frontend.Send(request);

        Assert.Equal((GatewayFrames.Reply, 7ul), await _frontend.NextAsync());
    }

    [Fact]
    public async Task AnswerTooLongForAFrame_AnotherSaysSo()
    {
        Send(1);
        await _region.ExpectMsgAsync<FindRequest>();

        _region.Reply(Answer(1) with { Response = new WebResponse { StatusCode = 200, Headers = [], Body = new byte[LaneFrame.MaxPayload] } });

        await _frontend.NextAsync();
        Assert.Equal((ReplyKind.Refused, 500), (_frontend.Last!.Kind, _frontend.Last.Status));
    }

    [Fact]
    public async Task FrameThatIsNoMessage_EndsTheLane()
    {
        _frontend.SendRaw(99);

        await _frontend.Closed.For("the lane's end");
    }

    private RunRequest Run(string method) => new(new(1, 7), _session, true, new WebRequest
    {
        Method = method,
        Scheme = "http",
        RawTarget = "/",
        Protocol = "HTTP/1.1",
        Headers = [],
        TraceIdentifier = "t",
    }, new("f", 1, Guid.Empty));

    protected override void AfterAll()
    {
        _near.Dispose();
        base.AfterAll();
    }

    private FindRequest Send(ulong number)
    {
        var find = new FindRequest(new(1, number), _session);
        _frontend.Send(find);
        return find;
    }

    private static RequestReply Answer(ulong number) => new(new(1, number), ReplyKind.Running, "home");

    private sealed class Elsewhere : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka.tcp", "p", "other", 1)) / "system" / "sharding" / "a";

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }

    private sealed class Frontend : ILaneHandler
    {
        private readonly Channel<(byte, RequestReply)> _replies = Channel.CreateUnbounded<(byte, RequestReply)>();
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lane _lane;

        public Frontend(Lane lane)
        {
            _lane = lane;
            lane.Start(this);
        }

        public RequestReply? Last { get; private set; }

        public Task Closed => _closed.Task;

        public void Send(ISessionMessage message) => _lane.TrySend(GatewayFrames.KindOf(message), message, GatewayFrames.WriteMessage);

        public void SendRaw(byte kind) => _lane.TrySend(kind, 0, static (writer, _) => writer.Byte(0));

        public async Task<(byte Kind, ulong Number)> NextAsync()
        {
            var (kind, reply) = await _replies.Reader.ReadAsync().AsTask().For("an answer by the lane");
            Last = reply;
            return (kind, reply.RequestId.Number);
        }

        public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => _replies.Writer.TryWrite((kind, GatewayFrames.ReadReply(kind, payload)));

        public void OnClosed() => _closed.TrySetResult();
    }
}
