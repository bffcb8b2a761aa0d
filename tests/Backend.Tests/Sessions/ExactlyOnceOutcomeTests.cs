using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>What is kept of a request, for one that repeats it.</summary>
public sealed class ExactlyOnceOutcomeTests : ExactlyOnceTestKit
{
    [Fact]
    public async Task AnswerTooLong_ClientGetsItAndARepetitionIsToldSo()
    {
        Home.Options.MaxOutcomeBytes = 1_000;
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked/long", "a key");
        Assert.Equal([42], (await Replica.AcknowledgeAsync()).Find("count"));
        Assert.Equal(60_002, (await ReplyAsync()).Response!.Body.Length);

        Post(home, 3, "/unmarked/long", "a key");

        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 409), (reply.Kind, reply.Status));
        Assert.Contains("Pomegranate:Session:MaxOutcomeBytes", reply.Reason, StringComparison.Ordinal);
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task Clear_KeepsTheOutcomesBeforeIt()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        var entry = Stored(41).Merge(await Replica.AcknowledgeAsync());
        await ReplyAsync();
        Post(home, 3, "/unmarked/clear", "another key");
        entry = entry.Merge(await Replica.AcknowledgeAsync());
        await ReplyAsync();

        Assert.NotNull(Outcomes.Find(entry, Request(2)));
        Assert.NotNull(Outcomes.Find(entry, Request(3)));
    }

    [Fact]
    public async Task ClientLeaves_RequestGoesOnAndItsOutcomeIsKept()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/marked/held");
        var run = await ArrivalAsync();

        home.Tell(new CancelRequest(Request(2), Id));
        Assert.Equal(ReplyKind.Running, (await FindAsync(home, 2)).Kind);
        run.SetResult();

        Assert.Equal([42], (await Replica.AcknowledgeAsync()).Find("count"));
        Assert.Equal("42!", Text(await ReplyAsync()));
    }

    [Fact]
    public async Task CommitFails_503AndTheKeyMayBeUsedAgain()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        (await Replica.NextCommitAsync()).Fail();
        Assert.Equal(503, (await ReplyAsync()).Status);

        Post(home, 3, "/unmarked", "a key");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));
        await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
    }

    [Fact]
    public async Task CommitFailsButIsStored_TheKeyIsGivenItsAnswer()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        var failing = await Replica.NextCommitAsync();
        var stored = Stored(41).Merge(failing.Entries[0].Value);
        failing.Fail();
        Assert.Equal(503, (await ReplyAsync()).Status);

        Post(home, 3, "/unmarked", "a key");
        (await Replica.NextRecoverAsync()).Answer(stored);

        Assert.Equal("42!", Text(await ReplyAsync()));
        Assert.False(Replica.HasBeenAsked, "It ran again.");
    }
}
