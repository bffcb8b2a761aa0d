using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A session's home leaves: by itself, or because its shard moves.</summary>
public sealed class SessionActorPassivationTests : SessionActorTestKit
{
    [Fact]
    public async Task Run_WithoutASession_LeavesAtOnce()
    {
        var actor = Start();
        Run(actor, 1, "/plain", fresh: true);

        Assert.Null(CookieOf(await ReplyAsync()));
        Assert.False(Replica.HasBeenAsked);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Idle_ForPassivateAfter_Leaves()
    {
        Home.Options.PassivateAfter = TimeSpan.FromMilliseconds(50);
        var actor = await OpenAsync(Stored(1));

        // It notes the time after its reply; then it is asked something, so that it has.
        await actor.Ask<ActorIdentity>(new Identify(null), Patience);
        Home.Time.Advance(TimeSpan.FromMilliseconds(50));

        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Stop_WhileRequestsRun_TheyFinishFirst()
    {
        Home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Watch(actor);
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/count");

        actor.Tell(SessionActor.Stop.Instance);
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 3)).Kind);
        first.SetResult();
        await Replica.AcknowledgeAsync();

        Assert.Equal([2ul, 3], await ReplyNumbersAsync(2));
        await ExpectTerminatedAsync(actor, Patience);
    }

    [Fact]
    public async Task Stop_RequestThatComesAfterIt_IsSentAgainElsewhereAndTheStopIsNotHeldUp()
    {
        // A lane hands requests over beside the shard, which sends none after the stop.
        var actor = await OpenAsync(Stored(1));
        Watch(actor);
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Assert.Same(actor, Home.Services.Actors.Find(Id));

        actor.Tell(SessionActor.Stop.Instance);
        Run(actor, 3, "/count");

        Assert.Equal((ReplyKind.Undelivered, 3ul), await KindAndNumberAsync());
        Assert.Null(Home.Services.Actors.Find(Id));
        first.SetResult();
        Assert.Equal((ReplyKind.Response, 2ul), await KindAndNumberAsync());
        await ExpectTerminatedAsync(actor, Patience);

        async Task<(ReplyKind, ulong)> KindAndNumberAsync() => await ReplyAsync() is var reply ? (reply.Kind, reply.RequestId.Number) : default;
    }

    [Fact]
    public async Task Taken_AnotherHomeHasClaimedTheSession_NothingIsAnsweredFromWhatIsOldAndItLeaves()
    {
        Home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        var asked = new List<SessionId>();
        Home.Services.Actors.AskAnew = asked.Add;
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/count");

        // Old news: this home has claimed the session after that one.
        actor.Tell(new SessionActor.Taken(new SessionVersion(1, 0, 0xB)));
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 3)).Kind);

        actor.Tell(new SessionActor.Taken(new SessionVersion(9, 0, 0xB)));
        var waiting = await ReplyAsync();
        Assert.Equal((ReplyKind.Undelivered, 3ul), (waiting.Kind, waiting.RequestId.Number));
        Assert.Null(Home.Services.Actors.Find(Id));
        first.SetResult();

        // It has not used the session; of those that have, see LiveSessionTests.
        var running = await ReplyAsync();
        Assert.Equal((ReplyKind.Response, 2ul), (running.Kind, running.RequestId.Number));
        Assert.Equal([Id], asked);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Taken_TheCoordinatorNamesThisHomeAllTheSame_ItReadsTheSessionAgainForTheNext()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        actor.Tell(new SessionActor.Taken(new SessionVersion(3, 0, 0xB)));

        Run(actor, 3, "/count");
        (await Replica.NextRecoverAsync()).Answer(Stored(5).ClaimedBy(0xA).ClaimedBy(0xB));
        await Replica.AcknowledgeAsync();
        Assert.Equal(6, Count(await ReplyAsync()));
        first.SetResult();
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);
    }

    [Fact]
    public async Task Taken_ANewSessionThatHasBeenElsewhereFirst_IsReadAndNotBegunAnew()
    {
        var actor = Start();
        actor.Tell(new SessionActor.Taken(new SessionVersion(1, 1, 0xB)));
        Run(actor, 2, "/count", fresh: true);

        (await Replica.NextRecoverAsync()).Answer(Stored(1));
        await Replica.AcknowledgeAsync();
        Assert.Equal(2, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Taken_WhileItIsRead_ItIsNotOpened()
    {
        var actor = Start();
        Run(actor, 2, "/count");
        var recover = await Replica.NextRecoverAsync();
        actor.Tell(new SessionActor.Taken(new SessionVersion(9, 0, 0xB)));
        recover.Answer(Stored(1));

        Assert.Equal(ReplyKind.Undelivered, (await ReplyAsync()).Kind);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Stop_WhileRecovering_TheRequestIsAnsweredFirst()
    {
        var actor = Start();
        Watch(actor);
        Run(actor, 1, "/plain");
        var recover = await Replica.NextRecoverAsync();
        actor.Tell(SessionActor.Stop.Instance);
        recover.Answer(Stored(1));

        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        await ExpectTerminatedAsync(actor, Patience);
    }
}
