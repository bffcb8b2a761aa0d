using Akka.Actor;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Requests of one session at once: their turns, their queue, and those that are cancelled.</summary>
public sealed class SessionActorTurnTests : SessionActorTestKit
{
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

    /// <summary>The commit of request 2 fails when request 3 has come.</summary>
    private async Task FailBeforeTheNextAsync(Akka.Actor.IActorRef actor)
    {
        Run(actor, 2, "/count");
        var failing = await Replica.NextCommitAsync();
        Run(actor, 3, "/count");
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 3)).Kind);
        failing.Fail();
    }

    [Fact]
    public async Task Run_CommitOfTheHolderFails_WhoWaitsForTheTurnIsRefusedAndLaterOnesSeeWhatIsStored()
    {
        var actor = await OpenAsync(Stored(5));
        await FailBeforeTheNextAsync(actor);

        // In any order.
        RequestReply[] replies = [await ReplyAsync(), await ReplyAsync()];
        Assert.Equal(ReplyKind.Refused, replies.Single(reply => reply.RequestId.Number == 2).Kind);
        Assert.Equal(503, replies.Single(reply => reply.RequestId.Number == 3).Response?.StatusCode);

        Run(actor, 4, "/count");
        (await Replica.NextRecoverAsync()).Answer(Stored(6));
        await Replica.AcknowledgeAsync();
        Assert.Equal(7, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Run_CommitOfTheHolderFails_WhoWaitsToRunRunsOnWhatIsStored()
    {
        Home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(5));
        await FailBeforeTheNextAsync(actor);
        Assert.Equal(ReplyKind.Refused, (await ReplyAsync()).Kind);
        (await Replica.NextRecoverAsync()).Answer(Stored(6));

        var entry = await Replica.AcknowledgeAsync();
        Assert.Equal(7, Count(await ReplyAsync()));
        Assert.True(entry.Version.Epoch > Stored(6).Version.Epoch, "It goes before what the failed change has left.");
    }

    [Fact]
    public async Task Run_CommitFailsBesideOneThatRuns_WhoComesThenRunsOnWhatIsStored()
    {
        var actor = await OpenAsync(Stored(5));
        Run(actor, 2, "/waiting", method: "POST");
        var running = await ArrivalAsync();
        Run(actor, 3, "/count", method: "POST");
        (await Replica.NextCommitAsync()).Fail();
        Assert.Equal(3ul, (await ReplyAsync()).RequestId.Number);

        Run(actor, 4, "/count", method: "POST");
        (await Replica.NextRecoverAsync()).Answer(Stored(6));
        await Replica.AcknowledgeAsync();
        Assert.Equal(7, Count(await ReplyAsync()));

        running.SetResult();
        Assert.Equal((2ul, ReplyKind.Response), ((await ReplyAsync()) is var last ? (last.RequestId.Number, last.Kind) : default));
    }

    [Fact]
    public async Task Run_OverTheConcurrencyLimit_QueuedInOrder()
    {
        Home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/waiting");
        Run(actor, 4, "/plain");
        Assert.Equal(ReplyKind.Running, (await FindAsync(actor, 4)).Kind);
        Assert.False(HasArrived);

        first.SetResult();
        (await ArrivalAsync()).SetResult();

        Assert.Equal([2ul, 3, 4], await ReplyNumbersAsync(3));
    }

    [Fact]
    public async Task Run_OverTheQueueLimit_RefusedAtOnce()
    {
        Home.Options.MaxConcurrentRequests = 1;
        Home.Options.MaxQueuedRequests = 1;
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
        Home.Options.MaxConcurrentRequests = 1;
        var actor = await OpenAsync(Stored(1));
        Run(actor, 2, "/waiting");
        var first = await ArrivalAsync();
        Run(actor, 3, "/waiting");

        actor.Tell(new CancelRequest(Request(3), Id));
        first.SetResult();

        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        var cancelled = await ReplyAsync();
        Assert.Equal((3ul, ReplyKind.Aborted), (cancelled.RequestId.Number, cancelled.Kind));
        Assert.False(HasArrived);
    }

    [Fact]
    public async Task Cancel_WhileItRuns_FiresRequestAborted()
    {
        var aborted = new TaskCompletionSource();
        Home.App = async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await ArriveAsync();
        };
        var actor = Start();
        Run(actor, 1, "/any", fresh: true);
        var arrival = await ArrivalAsync();

        actor.Tell(new CancelRequest(Request(1), Id));

        await aborted.Task.For("RequestAborted");
        arrival.SetResult();
        await ReplyAsync();
    }
}
