using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>What a session's home does before it knows the session.</summary>
public sealed class SessionActorRecoveryTests : SessionActorTestKit
{
    [Fact]
    public async Task Run_FreshId_RunsWithoutAskingTheReplicas()
    {
        var actor = Start();
        Run(actor, 1, "/count", fresh: true);

        Assert.Equal([1], (await Replica.AcknowledgeAsync()).Find("count"));
        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Response, CookieOf(Id)), (reply.Kind, CookieOf(reply)));
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
        (await Replica.NextRecoverAsync()).Answer(SessionEntry.Removed(new(1, 5, 1), Home.Now));

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
}
