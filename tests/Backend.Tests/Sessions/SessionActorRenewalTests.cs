using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Requests with the old id of a session that moves to another, as at sign-in.</summary>
public sealed class SessionActorRenewalTests : SessionActorTestKit
{
    public SessionActorRenewalTests()
    {
        var counting = Home.App;
        Home.App = async context =>
        {
            if (context.Request.Path.Value!.StartsWith("/sign-", StringComparison.Ordinal))
            {
                await context.Session.RenewIdAsync();
                if (context.Request.Path == "/sign-out")
                {
                    context.Session.Clear();
                }

                context.Session.Set("user", [1]);
                if (context.Request.Path == "/sign-in-too")
                {
                    context.Session.Set("user", [2]);
                    return;
                }

                await ArriveAsync();
                return;
            }

            if (context.Request.Path == "/plain")
            {
                return;
            }

            if (context.Request.Path == "/user")
            {
                Assert.False(context.Session.TryGetValue("user", out _));
                context.Session.Set("user", [3]);
                return;
            }

            context.Response.Headers["X-User"] = $"{context.Session.TryGetValue("user", out _)}";
            await counting(context);
        };
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Renewal_ARequestThatWaits_IsAnsweredAndItsChangeFollowsTheSession(string method)
    {
        var region = CreateTestProbe("region");
        Home.Services.Actors.Region = region;
        var actor = await OpenAsync(Stored(5), answersFirst: false);
        Run(actor, 2, "/sign-in", method: "POST");
        var signIn = await ArrivalAsync();
        Run(actor, 3, "/count", method: method);

        // By its answer the one before it has begun.
        Run(actor, 4, "/plain");
        Assert.Equal(4ul, (await ReplyAsync()).RequestId.Number);
        signIn.SetResult();
        var renewed = await Replica.NextRenewalAsync();
        renewed.Done.SetResult();
        var newId = Assert.Single(renewed.Entries, entry => !entry.Value.IsRemoved).Key;
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        var change = await region.ExpectMsgAsync<LateChange>(Patience, "Waiting for the change to be sent after the session.");
        region.Reply(new LateReply(LateResult.Stored, Version: new(1, 2, 3)));
        var reply = await ReplyAsync();
        Assert.Equal(newId, change.SessionId);
        Assert.Equal(6, Assert.Single(change.Changes).Value![0]);
        Assert.Equal(new("count", renewed.Entries.Single(entry => entry.Key == newId).Value.Version), Assert.Single(change.Reads));
        Assert.Equal((6, "False"), (Count(reply), reply.Response!.Header("X-User")));
        Assert.Null(reply.Response!.Header("Set-Cookie"));
    }

    [Fact]
    public async Task Renewal_SeveralThatWait_SeeEachOthersChanges()
    {
        var region = CreateTestProbe("region");
        Home.Services.Actors.Region = region;
        var actor = await SigningInAsync("/count", "/count");
        var version = new SessionVersion(1, 2, 3);

        var first = await region.ExpectMsgAsync<LateChange>(Patience, "Waiting for the first change.");
        region.Reply(new LateReply(LateResult.Stored, Version: version));
        Assert.Equal(6, Count(await ReplyAsync()));
        var second = await region.ExpectMsgAsync<LateChange>(Patience, "Waiting for the second change.");
        region.Reply(new LateReply(LateResult.Stored, Version: new(1, 3, 3)));
        Assert.Equal(7, Count(await ReplyAsync()));

        Assert.Equal([6], Assert.Single(first.Changes).Value!);
        Assert.Equal([7], Assert.Single(second.Changes).Value!);
        Assert.Equal(version, Assert.Single(second.Reads).Value);
    }

    [Fact]
    public async Task Renewal_ThoseThatWaitForAPlace_HaveComeBeforeItToo()
    {
        Home.Options.MaxConcurrentRequests = 1;
        var region = CreateTestProbe("region");
        Home.Services.Actors.Region = region;
        await SigningInAsync("/count", "/count");

        for (byte count = 6; count <= 7; count++)
        {
            var change = await region.ExpectMsgAsync<LateChange>(Patience, "Waiting for a change.");
            Assert.Equal([count], Assert.Single(change.Changes).Value!);
            region.Reply(new LateReply(LateResult.Stored, Version: new(1, count, 3)));
            Assert.Equal(count, Count(await ReplyAsync()));
        }
    }

    [Fact]
    public async Task Renewal_AWaitingOneThatReadWhatTheRenewalChanged_SaysSoToTheSessionsHome()
    {
        var region = CreateTestProbe("region");
        Home.Services.Actors.Region = region;
        await SigningInAsync("/user");

        var change = await region.ExpectMsgAsync<LateChange>(Patience, "Waiting for the change.");
        region.Reply(new LateReply(LateResult.Conflict, "It has changed."));
        var reply = await ReplyAsync();

        Assert.Equal(("user", default), Assert.Single(change.Reads) is var read ? (read.Key, read.Value) : default);
        Assert.Equal((3ul, ReplyKind.Refused, 503), (reply.RequestId.Number, reply.Kind, reply.Status));
    }

    [Fact]
    public async Task Renewal_AnotherSignInThatWaits_GetsASessionOfItsOwn()
    {
        await SigningInAsync("/sign-in-too");

        var fork = await Replica.NextCommitAsync();
        fork.Done.SetResult();
        var reply = await ReplyAsync();

        var (id, entry) = Assert.Single(fork.Entries);
        Assert.NotEqual(Id, id);
        Assert.Equal((5, 2), (entry.Find("count")![0], entry.Find("user")![0]));
        Assert.Contains(id.ToString(), reply.Response!.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Renewal_ARequestThatComesSoonAfter_SeesNothingAndOverwritesNothing(bool atTheNextHome)
    {
        var actor = await RenewedAsync("/sign-in", atTheNextHome);

        Run(actor, 3, "/count", method: "POST");
        var reply = await ReplyAsync();

        Assert.Equal((1, "False"), (Count(reply), reply.Response!.Header("X-User")));
        Assert.Null(reply.Response!.Header("Set-Cookie"));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Renewal_ASafeRequestSentAgainAfterAFailover_GetsNoNewSession()
    {
        var actor = await RenewedAsync("/sign-in", atTheNextHome: true);

        Run(actor, 3, "/count", inDoubt: true);

        var reply = await ReplyAsync();
        Assert.Equal(1, Count(reply));
        Assert.Null(reply.Response!.Header("Set-Cookie"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Renewal_AfterTheGrace_TheOldIdIsUnknown(bool atTheNextHome)
    {
        var actor = await RenewedAsync("/sign-in", atTheNextHome);
        Home.Time.Advance(Home.Options.RenewalGrace + TimeSpan.FromMilliseconds(1));

        Run(actor, 3, "/count");

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task Renewal_OfASessionThatIsCleared_TheOldIdIsUnknownAtOnce()
    {
        var actor = await RenewedAsync("/sign-out", atTheNextHome: false);

        Run(actor, 3, "/count");

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    /// <summary>A sign-in has renewed the session's id while others waited: they have numbers from 3.</summary>
    private async Task<Akka.Actor.IActorRef> SigningInAsync(params string[] waiting)
    {
        var actor = await OpenAsync(Stored(5), answersFirst: false);
        Run(actor, 2, "/sign-in", method: "POST");
        var signIn = await ArrivalAsync();
        for (var i = 0; i < waiting.Length; i++)
        {
            Run(actor, 3 + (ulong)i, waiting[i], method: "POST");
        }

        Run(actor, 99, "/plain");
        Assert.Equal(99ul, (await ReplyAsync()).RequestId.Number);
        signIn.SetResult();
        (await Replica.NextRenewalAsync()).Done.SetResult();
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);
        return actor;
    }

    private async Task<Akka.Actor.IActorRef> RenewedAsync(string path, bool atTheNextHome)
    {
        var actor = await OpenAsync(Stored(5), answersFirst: false);
        Run(actor, 2, path, method: "POST");
        (await ArrivalAsync()).SetResult();
        var commit = await Replica.NextRenewalAsync();
        commit.Done.SetResult();
        Assert.NotNull((await ReplyAsync()).Response!.Header("Set-Cookie"));
        if (!atTheNextHome)
        {
            return actor;
        }

        await PassivateAsync(actor);
        var next = Start();
        var found = FindAsync(next, 99);
        (await Replica.NextRecoverAsync()).Answer(commit.Entries.Single(entry => entry.Key == Id).Value);
        Assert.Equal(ReplyKind.NotSeen, (await found).Kind);
        return next;
    }
}
