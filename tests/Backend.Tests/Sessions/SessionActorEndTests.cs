using Akka.Actor;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A session's end, by its age or by the app: committed, and told once.</summary>
public sealed class SessionActorEndTests : SessionActorTestKit
{
    [Fact]
    public async Task ExpireIfIdle_NotIdleLongEnough_NothingHappens()
    {
        var actor = await OpenAsync(Stored(1));
        Home.Time.Advance(Home.Options.IdleTimeout);

        actor.Tell(new SessionActor.ExpireIfIdle(Id));

        Assert.Equal(ReplyKind.NotSeen, (await FindAsync(actor, 99)).Kind);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_ARequestComesWhileItIsRead_ItIsClaimedAndDoesNotEnd()
    {
        var actor = Start();
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        var looking = await Replica.NextRecoverAsync();
        Assert.Null(looking.Claimant);
        Run(actor, 1, "/count");
        looking.Answer(Stored(1));

        var claiming = await Replica.NextRecoverAsync();
        Assert.Equal(TestHome.Writer, claiming.Claimant);
        claiming.Answer(Stored(1));
        await Replica.AcknowledgeAsync();
        Assert.Equal(2, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task ExpireIfIdle_AskedAgainAndAgain_EndsOnce()
    {
        var actor = await OpenAsync(Stored(1));
        Home.Time.Advance(Home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        var commit = await Replica.NextCommitAsync();
        Assert.True(Assert.Single(commit.Entries).Value.IsRemoved);
        actor.Tell(new SessionActor.ExpireIfIdle(Id));

        // Told before the commit: a home that dies in between leaves a session that its next home ends.
        Assert.Equal(new SessionEnded(PublicSessionId.Of(Id), SessionEndReason.Expired), await EndedAsync());
        commit.Done.SetResult();
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        await PassivateAsync(actor);

        Assert.False(Home.Ended.Reader.TryPeek(out _));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_SessionWithoutALiveActor_RecoversAndEnds()
    {
        var actor = Start();
        var entry = Stored(1);
        Home.Time.Advance(Home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
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
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        (await Replica.NextRecoverAsync()).Answer(Stored(1));

        await PassivateAsync(actor);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task ExpireIfIdle_EndNotCommitted_TriedAgainAndNotToldAgain()
    {
        var stored = Stored(1);
        var actor = await OpenAsync(stored);
        Home.Time.Advance(Home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));
        actor.Tell(new SessionActor.ExpireIfIdle(Id));
        (await Replica.NextCommitAsync()).Fail();

        // It was told: so the session is read again by itself, and not left to a home that would tell it once more.
        (await Replica.NextRecoverAsync()).Answer(stored);
        await Replica.AcknowledgeAsync();
        Assert.Equal(SessionEndReason.Expired, (await EndedAsync()).Reason);
        Assert.False(Home.Ended.Reader.TryPeek(out _), "The end of the session was told twice.");
    }

    [Fact]
    public async Task Run_AfterTheIdleTimeout_IsUnknownThoughNoSweepCame()
    {
        var actor = await OpenAsync(Stored(1));
        Home.Time.Advance(Home.Options.IdleTimeout + TimeSpan.FromMilliseconds(1));

        Run(actor, 2, "/count");

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task Run_UsesTheSessionWithoutAChange_ReplicatesTheAccessOnceDue()
    {
        var actor = await OpenAsync(Stored(1));
        Home.Time.Advance(Home.Options.IdleTimeout / 2);

        Run(actor, 2, "/plain");

        Assert.Equal(Home.Now, (await Replica.AcknowledgeAsync()).LastAccess);
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

        Assert.Equal(NoCookie, CookieOf(await ReplyAsync()));
        Assert.Equal(new SessionEnded(PublicSessionId.Of(Id), SessionEndReason.Abandoned), await EndedAsync());
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

        Assert.Equal(NoCookie, CookieOf(await ReplyAsync()));
        Assert.Equal(NoCookie, CookieOf(await ReplyAsync()));
        await EndedAsync();
        await PassivateAsync(actor);
        Assert.False(Home.Ended.Reader.TryPeek(out _), "The end of the session was told twice.");
    }

    [Fact]
    public async Task Abandon_ResponseFailsAfterTheCommit_ToldAllTheSame()
    {
        Home.App = async context =>
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

        Assert.Equal(NoCookie, CookieOf(await ReplyAsync()));
        await PassivateAsync(actor);
        Assert.False(Home.Ended.Reader.TryPeek(out _), "The end of a session that never existed was told.");
        Assert.False(Replica.HasBeenAsked);
    }
}
