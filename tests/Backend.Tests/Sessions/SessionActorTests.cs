using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class SessionActorTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SessionId _id = SessionId.NewRandom();
    private readonly TestHome _home = new();
    private readonly TestProbe _shard;
    private readonly TestProbe _frontend;

    /// <summary>Requests that have reached the app, each with the means to let it go on.</summary>
    private readonly Channel<(string Path, TaskCompletionSource GoOn)> _arrivals = Channel.CreateUnbounded<(string, TaskCompletionSource)>();

    public SessionActorTests()
    {
        _shard = CreateTestProbe("shard");
        _frontend = CreateTestProbe("frontend");
        _home.App = context => context.Request.Path.Value switch
        {
            "/plain" => Task.CompletedTask,
            "/count" => CountAsync(context),
            "/held" => HeldCountAsync(context),
            "/waiting" => ArriveAsync(context),
            "/read" => ReadAsync(context),
            "/abandon" => context.Session.AbandonAsync(),
            "/throw" => throw new InvalidOperationException("the app's own failure"),
            var path => throw new ArgumentException(path),
        };
    }

    private StubReplica Replica => _home.Replica;

    // ---- the home's lease ----

    [Fact]
    public async Task Run_ReadsWithoutTheLease_IsAnsweredOnceItIsHeld()
    {
        var lease = new HomeLease(_home.Time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/read");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        lease.Renew(long.MaxValue);

        var reply = await ReplyAsync();
        Assert.Equal((1ul, 41), (reply.RequestId.Number, Count(reply)));
    }

    [Fact]
    public async Task Run_CommitsWithoutTheLease_IsAnsweredOnceItIsHeld()
    {
        var lease = new HomeLease(_home.Time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/count", fresh: true);
        await Replica.AcknowledgeAsync();
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        lease.Renew(long.MaxValue);

        Assert.Equal(1ul, (await ReplyAsync()).RequestId.Number);
    }

    [Fact]
    public async Task Run_WithoutTheLeaseForLong_503WithTheReason()
    {
        var lease = new HomeLease(_home.Time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/read");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        _home.Time.Advance(Patience);

        var refused = await ReplyAsync();
        Assert.Equal((1ul, ReplyKind.Refused, 503), (refused.RequestId.Number, refused.Kind, refused.Status));
        Assert.Contains("has not heard from a majority of the backends", refused.Reason, StringComparison.Ordinal);
    }

    // ---- recovery ----

    [Fact]
    public async Task Run_FreshId_RunsWithoutAskingTheReplicas()
    {
        var actor = Start();
        Run(actor, 1, "/count", fresh: true);

        Assert.Equal([1], (await Replica.AcknowledgeAsync()).Find("count"));
        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Response, CookieAction.Set, _id), (reply.Kind, reply.Cookie.Action, reply.Cookie.Id));
        Assert.Equal(1, Count(reply));
    }

    [Fact]
    public async Task Run_KnownId_RunsOnWhatTheReplicasHold()
    {
        var actor = Start();
        Run(actor, 1, "/count");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));

        var entry = await Replica.AcknowledgeAsync();
        Assert.Equal(42, Count(await ReplyAsync()));
        Assert.Equal(2u, entry.Version.Epoch);
    }

    [Fact]
    public async Task Run_SeveralWhileRecovering_OneRecoveryAndAllAnswered()
    {
        var actor = Start();
        Run(actor, 1, "/plain");
        Run(actor, 2, "/plain");
        Run(actor, 3, "/plain");
        (await Replica.NextRecoverAsync()).Answer(Stored(1));

        Assert.Equal([1ul, 2, 3], (await ReplyNumbersAsync(3)).Order().ToArray());
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Run_UnknownId_IsNotAdopted()
    {
        var actor = Start();
        Run(actor, 1, "/count");
        (await Replica.NextRecoverAsync()).Answer(null);

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Run_RemovedSession_IsUnknown()
    {
        var actor = Start();
        Run(actor, 1, "/count");
        (await Replica.NextRecoverAsync()).Answer(SessionEntry.Removed(new(1, 5, 1), _home.Now));

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task Run_RecoveryFails_RefusedWithTheReasonAndNextOneRecoversAgain()
    {
        var actor = Start();
        Run(actor, 1, "/count");
        (await Replica.NextRecoverAsync()).Done.SetException(new Pomegranate.Backend.Server.SessionCommitException("no majority"));

        var refused = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 503, "no majority"), (refused.Kind, refused.Status, refused.Reason));

        Run(actor, 2, "/count");
        (await Replica.NextRecoverAsync()).Answer(Stored(1));
        await Replica.AcknowledgeAsync();
        Assert.Equal(2, Count(await ReplyAsync()));
    }

    // ---- the reply and the commit ----

    [Fact]
    public async Task Run_ChangesTheSession_RepliesOnlyOnceCommitted()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/count");
        var commit = await Replica.NextCommitAsync();

        // The actor answers a question before it could have answered the request.
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 2)).Kind);
        commit.Done.SetResult();

        Assert.Equal(2, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Run_CommitFails_IsAnErrorTheCallerSees()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/count");
        (await Replica.NextCommitAsync()).Fail();

        var refused = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 503, "too few replicas"), (refused.Kind, refused.Status, refused.Reason));
        Assert.Null(refused.Response);

        // The session goes on as it was.
        Run(actor, 3, "/count");
        await Replica.AcknowledgeAsync();
        Assert.Equal(2, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Run_AppThrows_AnswersAndGoesOn()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/throw");
        var reply = await ReplyAsync();
        Assert.True(reply.Status == 500 || reply.Response?.StatusCode == 500, reply.ToString());

        Run(actor, 3, "/plain");
        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
    }

    // ---- at most once ----

    [Fact]
    public async Task Run_SameIdWhileItRuns_RunsOnceAndAnswersBoth()
    {
        var actor = await OpenAsync(Stored(1));
        var retrying = CreateTestProbe();
        Run(actor, 2, "/waiting");
        var arrival = await ArrivalAsync();

        Run(actor, 2, "/waiting", from: retrying);
        Assert.Equal(ReplyKind.Running, (await ReplyAsync(retrying)).Kind);
        arrival.SetResult();

        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        Assert.Equal(ReplyKind.Response, (await ReplyAsync(retrying)).Kind);
        Assert.False(_arrivals.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Run_RetriedCopiesAmongNewerOnes_EachRanOnce()
    {
        var actor = await OpenAsync(Stored(0));
        for (ulong number = 1; number <= 5; number++)
        {
            Run(actor, number + 10, "/count");
            await Replica.AcknowledgeAsync();
            Assert.Equal((int)number, Count(await ReplyAsync()));

            // Copies of all the requests so far come out of a buffer.
            for (ulong copy = 1; copy <= number; copy++)
            {
                Run(actor, copy + 10, "/count");
                Assert.Equal((int)copy, Count(await ReplyAsync()));
            }
        }

        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Run_CommittedInAHomeThatDiedBeforeItAnswered_EffectIsThereOnce()
    {
        var first = await OpenAsync(Stored(41));
        Run(first, 2, "/count");
        var committed = Stored(41).Merge(await Replica.AcknowledgeAsync());
        await ReplyAsync();
        await StopAsync(first);

        // The answer was lost with the node; the frontend sends the same request to the new home.
        var second = Start();
        Run(second, 2, "/count");
        (await Replica.NextRecoverAsync()).Answer(committed);
        await Replica.AcknowledgeAsync();

        Assert.Equal(42, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Find_RequestNeverSeen_NotSeenOnceTheReplicasKnowNothingOfItEither()
    {
        var actor = Start();
        var found = FindAsync(actor, 1);
        (await Replica.NextRecoverAsync()).Answer(null);

        var reply = await found;
        Assert.Equal((ReplyKind.NotSeen, TakesRequestsInDoubt), (reply.Kind, reply.Status));
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Find_Answered_RepeatsTheAnswer()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/count");
        await Replica.AcknowledgeAsync();
        await ReplyAsync();

        Assert.Equal(2, Count(await FindAsync(actor, 2)));
    }

    // ---- turns, queue, cancellation ----

    [Fact]
    public async Task Run_ParallelChanges_OneAfterAnotherAndNoneLost()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held");
        var holder = await ArrivalAsync();
        for (ulong number = 3; number <= 8; number++)
        {
            Run(actor, number, "/count");
        }

        // A request that does not touch the session passes the ones that wait.
        Run(actor, 9, "/plain");
        Assert.Equal(9ul, (await ReplyAsync()).RequestId.Number);
        Assert.False(Replica.HasBeenAsked);
        holder.SetResult();

        var counts = new List<int>();
        for (var i = 0; i < 7; i++)
        {
            await Replica.AcknowledgeAsync();
            counts.Add(Count(await ReplyAsync()));
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], counts);
    }

    [Fact]
    public async Task Run_CommitOfTheHolderFails_TheNextGetsItsTurnOnTheOldState()
    {
        var actor = await OpenAsync(Stored(5));
        Run(actor, 2, "/count");
        var failing = await Replica.NextCommitAsync();
        Run(actor, 3, "/count");

        failing.Fail();
        Assert.Equal(ReplyKind.Refused, (await ReplyAsync()).Kind);
        await Replica.AcknowledgeAsync();

        Assert.Equal(6, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Run_OverTheConcurrencyLimit_QueuedInOrder()
    {
        _home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/waiting");
        Run(actor, 4, "/plain");
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 4)).Kind);
        Assert.False(_arrivals.Reader.TryPeek(out _));

        first.SetResult();
        (await ArrivalAsync()).SetResult();

        Assert.Equal([2ul, 3, 4], await ReplyNumbersAsync(3));
    }

    [Fact]
    public async Task Run_OverTheQueueLimit_RefusedAtOnce()
    {
        _home.Options.MaxConcurrentRequests = 1;
        _home.Options.MaxQueuedRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/waiting");
        Run(actor, 4, "/waiting");

        var refused = await ReplyAsync();
        Assert.Equal((4ul, ReplyKind.Refused, 503), (refused.RequestId.Number, refused.Kind, refused.Status));
        Assert.Contains("MaxQueuedRequests", refused.Reason, StringComparison.Ordinal);

        first.SetResult();
        (await ArrivalAsync()).SetResult();
        Assert.Equal([2ul, 3], await ReplyNumbersAsync(2));
    }

    [Fact]
    public async Task Cancel_WhileQueued_IsNotRun()
    {
        _home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/waiting");

        actor.Tell(new CancelRequest(Request(3), _id));
        first.SetResult();

        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        var cancelled = await ReplyAsync();
        Assert.Equal((3ul, ReplyKind.Aborted), (cancelled.RequestId.Number, cancelled.Kind));
        Assert.False(_arrivals.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Cancel_WhileItRuns_FiresRequestAborted()
    {
        var aborted = new TaskCompletionSource();
        _home.App = async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await ArriveAsync(context);
        };
        var actor = Start();
        Run(actor, 1, "/any", fresh: true);
        var arrival = await ArrivalAsync();

        actor.Tell(new CancelRequest(Request(1), _id));

        await aborted.Task.For("RequestAborted");
        arrival.SetResult();
        await ReplyAsync();
    }

    // ---- passivation ----

    [Fact]
    public async Task Run_WithoutASession_LeavesAtOnce()
    {
        var actor = Start();
        Run(actor, 1, "/plain", fresh: true);

        Assert.Equal(CookieAction.Keep, (await ReplyAsync()).Cookie.Action);
        Assert.False(Replica.HasBeenAsked);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Idle_ForPassivateAfter_Leaves()
    {
        _home.Options.PassivateAfter = TimeSpan.FromMilliseconds(50);
        var actor = await OpenAsync(Stored(1));

        // It notes the time after its reply; then it is asked something, so that it has.
        await actor.Ask<ActorIdentity>(new Identify(null), Patience);
        _home.Time.Advance(TimeSpan.FromMilliseconds(50));

        await PassivateAsync(actor);
    }

    [Fact]
    public async Task Stop_WhileRequestsRun_TheyFinishFirst()
    {
        _home.Options.MaxConcurrentRequests = 1;
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
        Assert.Same(actor, _home.Services.Actors.Find(_id));

        actor.Tell(SessionActor.Stop.Instance);
        Run(actor, 3, "/count");

        Assert.Equal((ReplyKind.Undelivered, 3ul), await KindAndNumberAsync());
        Assert.Null(_home.Services.Actors.Find(_id));
        first.SetResult();
        Assert.Equal((ReplyKind.Response, 2ul), await KindAndNumberAsync());
        await ExpectTerminatedAsync(actor, Patience);

        async Task<(ReplyKind, ulong)> KindAndNumberAsync() => await ReplyAsync() is var reply ? (reply.Kind, reply.RequestId.Number) : default;
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

    // ---- the end ----

    [Fact]
    public async Task ExpireIfIdle_NotIdleLongEnough_NothingHappens()
    {
        var actor = await OpenAsync(Stored(1));
        _home.Time.Advance(_home.Options.IdleTimeout);

        actor.Tell(new SessionActor.ExpireIfIdle(_id));

        Assert.Equal(ReplyKind.NotSeen, (await FindAsync(actor, 99)).Kind);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_AskedAgainAndAgain_EndsOnce()
    {
        var actor = await OpenAsync(Stored(1));
        _home.Time.Advance(_home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        var commit = await Replica.NextCommitAsync();
        Assert.True(Assert.Single(commit.Entries).Value.IsRemoved);
        actor.Tell(new SessionActor.ExpireIfIdle(_id));

        // Told before the commit: a home that dies in between leaves a session that its next home ends.
        Assert.Equal(new SessionEnded(_id.ToString(), SessionEndReason.Expired), await EndedAsync());
        commit.Done.SetResult();
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        await PassivateAsync(actor);

        Assert.False(_home.Ended.Reader.TryPeek(out _));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_SessionWithoutALiveActor_RecoversAndEnds()
    {
        var actor = Start();
        var entry = Stored(1);
        _home.Time.Advance(_home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        (await Replica.NextRecoverAsync()).Answer(entry);

        Assert.True((await Replica.AcknowledgeAsync()).IsRemoved);
        Assert.Equal(SessionEndReason.Expired, (await EndedAsync()).Reason);
        await PassivateAsync(actor);
    }

    [Fact]
    public async Task ExpireIfIdle_OtherReplicasSawALaterUse_DoesNotEnd()
    {
        // This node's replica, which the sweep looked through, lagged.
        var actor = Start();
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        (await Replica.NextRecoverAsync()).Answer(Stored(1));

        Assert.Equal(ReplyKind.NotSeen, (await FindAsync(actor, 99)).Kind);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_EndNotCommitted_TriedAgainAndNotToldAgain()
    {
        var actor = await OpenAsync(Stored(1));
        _home.Time.Advance(_home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(_id));
        (await Replica.NextCommitAsync()).Fail();

        // The failure comes back as a message: until then the session is busy and a sweep passes it by.
        await AwaitAssertAsync(() =>
        {
            actor.Tell(new SessionActor.ExpireIfIdle(_id));
            Assert.True(Replica.HasBeenAsked, "Waiting for the second try to end the session.");
        }, Patience);

        await Replica.AcknowledgeAsync();
        Assert.Equal(SessionEndReason.Expired, (await EndedAsync()).Reason);
        Assert.False(_home.Ended.Reader.TryPeek(out _), "The end of the session was told twice.");
    }

    [Fact]
    public async Task Run_AfterTheIdleTimeout_IsUnknownThoughNoSweepCame()
    {
        var actor = await OpenAsync(Stored(1));
        _home.Time.Advance(_home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));

        Run(actor, 2, "/count");

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task Run_UsesTheSessionWithoutAChange_ReplicatesTheAccessOnceDue()
    {
        var actor = await OpenAsync(Stored(1));
        _home.Time.Advance(_home.Options.IdleTimeout / 2);

        Run(actor, 2, "/plain");

        Assert.Equal(_home.Now, (await Replica.AcknowledgeAsync()).LastAccess);
        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        Run(actor, 3, "/plain");
        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Abandon_EndsTheSessionAndTellsOnce()
    {
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/abandon");
        Assert.True((await Replica.AcknowledgeAsync()).IsRemoved);

        Assert.Equal(CookieAction.Delete, (await ReplyAsync()).Cookie.Action);
        Assert.Equal(new SessionEnded(_id.ToString(), SessionEndReason.Abandoned), await EndedAsync());
        Run(actor, 3, "/count");
        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task Abandon_TwoRequestsAtOnce_ToldOnce()
    {
        // A sign-out clicked twice: the second waits for its turn and finds the session ended.
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/abandon");
        var commit = await Replica.NextCommitAsync();
        Run(actor, 3, "/abandon");
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 3)).Kind);
        commit.Done.SetResult();

        Assert.Equal(CookieAction.Delete, (await ReplyAsync()).Cookie.Action);
        Assert.Equal(CookieAction.Delete, (await ReplyAsync()).Cookie.Action);
        await EndedAsync();
        await PassivateAsync(actor);
        Assert.False(_home.Ended.Reader.TryPeek(out _), "The end of the session was told twice.");
    }

    [Fact]
    public async Task Abandon_ResponseFailsAfterTheCommit_ToldAllTheSame()
    {
        _home.App = async context =>
        {
            await context.Session.AbandonAsync();
            await context.Response.StartAsync();
            throw new InvalidOperationException("the app's own failure");
        };
        var actor = Start();
        Run(actor, 1, "/any");
        (await Replica.NextRecoverAsync()).Answer(Stored(1));
        await Replica.AcknowledgeAsync();

        Assert.Equal(ReplyKind.Aborted, (await ReplyAsync()).Kind);
        Assert.Equal(SessionEndReason.Abandoned, (await EndedAsync()).Reason);
    }

    [Fact]
    public async Task Abandon_SessionThatNeverExisted_NothingIsTold()
    {
        var actor = Start();
        Run(actor, 1, "/abandon", fresh: true);

        Assert.Equal(CookieAction.Delete, (await ReplyAsync()).Cookie.Action);
        await PassivateAsync(actor);
        Assert.False(_home.Ended.Reader.TryPeek(out _), "The end of a session that never existed was told.");
        Assert.False(Replica.HasBeenAsked);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _home.Dispose();
    }

    // ---- the app ----

    private static Task CountAsync(HttpContext context)
    {
        var count = (context.Session.TryGetValue("count", out var value) ? value[0] : 0) + 1;
        context.Session.Set("count", [(byte)count]);
        context.Response.Headers["X-Count"] = $"{count}";
        return Task.CompletedTask;
    }

    private static Task ReadAsync(HttpContext context)
    {
        context.Response.Headers["X-Count"] = $"{(context.Session.TryGetValue("count", out var value) ? value[0] : 0)}";
        return Task.CompletedTask;
    }

    /// <summary>Takes the session's turn first, and holds it.</summary>
    private async Task HeldCountAsync(HttpContext context)
    {
        await CountAsync(context);
        await ArriveAsync(context);
    }

    private Task ArriveAsync(HttpContext context)
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _arrivals.Writer.TryWrite((context.Request.Path.Value!, goOn));
        return goOn.Task;
    }

    private async Task<TaskCompletionSource> ArrivalAsync() =>
        (await _arrivals.Reader.ReadAsync().AsTask().For("a request to reach the app")).GoOn;

    // ---- the actor ----

    private IActorRef Start(HomeLease? lease = null) =>
        _shard.ChildActorOf(SessionActor.Props(_home.Services with { Lease = lease ?? _home.Lease }, _id.ToString()));

    /// <summary>A home that has recovered the session and answered a first request with number 1.</summary>
    private async Task<IActorRef> OpenAsync(SessionEntry entry)
    {
        var actor = Start();
        Run(actor, 1, "/plain");
        (await Replica.NextRecoverAsync()).Answer(entry);
        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        return actor;
    }

    private void Run(IActorRef actor, ulong number, string path, bool fresh = false, TestProbe? from = null) => actor.Tell(
        new RunRequest(Request(number), _id, fresh, new WebRequest
        {
            Method = "GET",
            Scheme = "http",
            RawTarget = path,
            Protocol = "HTTP/1.1",
            Headers = [new("Host", "shop.test")],
            TraceIdentifier = $"t{number}",
        }, new Pomegranate.Streaming.StreamTicket("127.0.0.1", 1, Guid.Empty)),
        from ?? _frontend);

    private async Task<RequestReply> FindAsync(IActorRef actor, ulong number)
    {
        var asking = CreateTestProbe();
        actor.Tell(new FindRequest(Request(number), _id), asking);
        return await ReplyAsync(asking);
    }

    private async Task<RequestReply> ReplyAsync(TestProbe? at = null) =>
        await (at ?? _frontend).ExpectMsgAsync<RequestReply>(Patience, "Waiting for a reply from the session's home.");

    private async Task<ulong[]> ReplyNumbersAsync(int count)
    {
        var numbers = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = (await ReplyAsync()).RequestId.Number;
        }

        return numbers;
    }

    /// <summary>The home asks its shard to let it go, and does so when the shard agrees.</summary>
    private async Task PassivateAsync(IActorRef actor)
    {
        var passivate = await _shard.ExpectMsgAsync<Passivate>(Patience, "Waiting for the home to passivate itself.");
        Assert.Same(SessionActor.Stop.Instance, passivate.StopMessage);
        await StopAsync(actor);
    }

    private async Task StopAsync(IActorRef actor)
    {
        Watch(actor);
        actor.Tell(SessionActor.Stop.Instance);
        await ExpectTerminatedAsync(actor, Patience);
    }

    private async Task<SessionEnded> EndedAsync() => await _home.Ended.Reader.ReadAsync().AsTask().For("the news of the session's end");

    private SessionEntry Stored(byte count) => SessionEntry.Live(
        new(1, 1, 1), default, _home.Now, [new("count", new(1, 1, 1), [count])]);

    private static RequestId Request(ulong number) => new(0xF, number);

    private static int Count(RequestReply reply)
    {
        Assert.Equal(ReplyKind.Response, reply.Kind);
        return int.Parse(reply.Response!.Header("X-Count")!, System.Globalization.CultureInfo.InvariantCulture);
    }
}
