using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A request in its session's home: it is answered once committed, and runs at most once.</summary>
public sealed class SessionActorTests : SessionActorTestKit
{
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

        // The change may be stored all the same: the session is read again.
        Run(actor, 3, "/count");
        (await Replica.NextRecoverAsync()).Answer(Stored(2));
        await Replica.AcknowledgeAsync();
        Assert.Equal(3, Count(await ReplyAsync()));
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
        Assert.False(HasArrived);
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
}
