using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Shared.Tests.Gateway;

public sealed class UndeliveredRequestsTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly RunRequest Run = new(
        new RequestId(1, 2), new SessionId(3, 4), false,
        new WebRequest { Method = "POST", Scheme = "http", RawTarget = "/", Protocol = "HTTP/1.1", Headers = [], TraceIdentifier = "t" },
        new StreamTicket("127.0.0.1", 1, Guid.Empty));

    private readonly TestProbe _frontend;
    private readonly IActorRef _bouncer;

    public UndeliveredRequestsTests()
    {
        _frontend = CreateTestProbe("frontend");
        _bouncer = Sys.ActorOf(UndeliveredRequests.Props("here"), UndeliveredRequests.Name);
    }

    [Fact]
    public async Task DeadLetter_Request_TheFrontendIsTold()
    {
        await AwaitSubscribedAsync();

        Sys.DeadLetters.Tell(Run, _frontend);

        await ExpectUndeliveredAsync();
    }

    [Fact]
    public async Task Dropped_ByARegionThatHandsOff_TheFrontendIsTold()
    {
        await AwaitSubscribedAsync();

        // As ShardRegion does it.
        Sys.DeadLetters.Tell(new Dropped(Run, "Avoiding reordering of buffered messages to shard", _frontend, TestActor));

        await ExpectUndeliveredAsync();
    }

    [Fact]
    public async Task DeadLetter_ToAStoppedActor_TheFrontendIsToldOnce()
    {
        await AwaitSubscribedAsync();
        IActorRef stopped = CreateTestProbe();
        Watch(stopped);
        Sys.Stop(stopped);
        await ExpectTerminatedAsync(stopped, Patience);

        stopped.Tell(Run, _frontend);

        await ExpectUndeliveredAsync();
        await ExpectNothingElseAsync();
    }

    [Fact]
    public async Task DeadLetter_OtherThanARequest_NothingIsSaid()
    {
        await AwaitSubscribedAsync();

        Sys.DeadLetters.Tell(new FindRequest(Run.RequestId, Run.SessionId), _frontend);
        Sys.DeadLetters.Tell(new CancelRequest(Run.RequestId, Run.SessionId), _frontend);
        Sys.DeadLetters.Tell(new RequestReply(Run.RequestId, ReplyKind.NotSeen, "there"), _frontend);
        Sys.DeadLetters.Tell("other", _frontend);

        await ExpectNothingElseAsync();
    }

    [Fact]
    public async Task DeadLetter_RequestOfNobody_NothingIsSaidAndItGoesOn()
    {
        await AwaitSubscribedAsync();

        Sys.DeadLetters.Tell(Run, ActorRefs.NoSender);
        Sys.DeadLetters.Tell(Run, ActorRefs.Nobody);

        await ExpectNothingElseAsync();
    }

    [Fact]
    public async Task DeadLetter_OfAFrontendThatIsGone_EndsThere()
    {
        await AwaitSubscribedAsync();
        var gone = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        await ExpectTerminatedAsync(gone, Patience);

        // Its own answer becomes a dead letter too, which must not come round again.
        Sys.DeadLetters.Tell(Run, gone);

        await ExpectNothingElseAsync();
    }

    private async Task ExpectUndeliveredAsync()
    {
        var reply = await _frontend.ExpectMsgAsync<RequestReply>(Patience, "Waiting for the request to come back as undelivered.");
        Assert.Equal(new RequestReply(Run.RequestId, ReplyKind.Undelivered, "here"), reply);
    }

    /// <summary>The next thing the frontend hears is about a request that became a dead letter after all the others.</summary>
    private async Task ExpectNothingElseAsync()
    {
        var last = Run with { RequestId = new RequestId(9, 9) };
        Sys.DeadLetters.Tell(last, _frontend);

        var reply = await _frontend.ExpectMsgAsync<RequestReply>(Patience, "Waiting for the last request to come back as undelivered.");
        Assert.Equal(last.RequestId, reply.RequestId);
    }

    /// <summary>It subscribes when it starts, which it has done when it answers.</summary>
    private async Task AwaitSubscribedAsync() => await _bouncer.Ask<ActorIdentity>(new Identify(1), Patience);
}
