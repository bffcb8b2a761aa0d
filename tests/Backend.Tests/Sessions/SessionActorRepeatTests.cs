using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A request whose commit was the last at a home that died, and which others are before at the next.</summary>
public sealed class SessionActorRepeatTests : SessionActorTestKit
{
    private const ulong Sent = 5;

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task Repeat_OthersHaveCommittedSince_IsAnsweredAsTheFirstTimeAndCountsOnce(string method)
    {
        var actor = await OpenAsync(Committed(isEarly: false));
        Run(actor, 6, "/count", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(8, Count(await ReplyAsync()));

        Run(actor, Sent, "/count", method: method, inDoubt: true);

        var reply = await ReplyAsync();
        Assert.Equal((Sent, 7), (reply.RequestId.Number, Count(reply)));
        Assert.False(Replica.HasBeenAsked);
        Run(actor, 7, "/read");
        Assert.Equal(8, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Repeat_NobodyHasCommittedSince_IsCommittedAnew()
    {
        var actor = await OpenAsync(Committed(isEarly: false));

        Run(actor, Sent, "/count", inDoubt: true);

        Assert.Equal([7], (await Replica.AcknowledgeAsync()).Find("count"));
        Assert.Equal(7, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task Repeat_OfARequestThatHadCommittedEarly_Counts()
    {
        // How much of it was still to come nobody knows.
        var actor = await OpenAsync(Committed(isEarly: true));
        Run(actor, 6, "/count", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(8, Count(await ReplyAsync()));

        Run(actor, Sent, "/count", inDoubt: true);

        await Replica.AcknowledgeAsync();
        Assert.Equal(9, Count(await ReplyAsync()));
    }

    /// <summary>A session as the request has left it: it has counted from 6 to 7.</summary>
    private SessionEntry Committed(bool isEarly)
    {
        var before = Stored(6);
        var version = before.Version with { Sequence = before.Version.Sequence + 1 };
        KeyValuePair<string, byte[]?>[] changes = [new("count", [7])];
        return before.Merge(SessionEntry.Live(version, default, before.LastAccess,
            [LastRequest.Attribute(Request(Sent), version, before, changes, isEarly), new("count", version, [7])]));
    }
}
