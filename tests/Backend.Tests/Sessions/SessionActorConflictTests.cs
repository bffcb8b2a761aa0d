using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Requests that have run beside each other: no update is lost, and the one that loses is one that may run again.</summary>
public sealed class SessionActorConflictTests : SessionActorTestKit
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task LongHolder_AReader_IsAnsweredOnWhatIsCommitted(string holders)
    {
        var actor = await OpenAsync(Stored(7));
        Run(actor, 2, "/held", method: holders);
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);

        Run(actor, 3, "/read");

        Assert.Equal(7, Count(await ReplyAsync()));
        holder.SetResult();
        await Replica.AcknowledgeAsync();
        Assert.Equal(8, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task UnsafeHolder_AWriterBesideIt_RunsAgainAndIsRight()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held", method: "POST");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);
        Run(actor, 3, "/count");
        Run(actor, 4, "/plain");
        Assert.Equal(4ul, (await ReplyAsync()).RequestId.Number);

        holder.SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 1), NumberAndCount(await ReplyAsync()));
        var entry = await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 2), NumberAndCount(await ReplyAsync()));
        Assert.Equal([2], entry.Find("count"));
    }

    [Fact]
    public async Task SafeHolder_OthersHavePassedIt_RunsAgainAndTheOthersDoNot()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);
        Run(actor, 3, "/count", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 1), NumberAndCount(await ReplyAsync()));

        holder.SetResult();
        (await ArrivalAsync()).SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 2), NumberAndCount(await ReplyAsync()));
    }

    [Fact]
    public async Task SafeHolder_OthersHaveChangedWhatItHasNotRead_DoesNotRunAgain()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);
        Run(actor, 3, "/other", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(3ul, (await ReplyAsync()).RequestId.Number);

        holder.SetResult();
        var entry = await Replica.AcknowledgeAsync();

        Assert.Equal((2ul, 1), NumberAndCount(await ReplyAsync()));
        Assert.Equal([1], entry.Find("count"));
        Assert.False(HasArrived);
    }

    [Fact]
    public async Task SafeHolder_LosesTwice_KeepsTheTurnThen()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held");
        for (var lost = 1; lost <= 2; lost++)
        {
            var run = await ArrivalAsync();
            Home.Time.Advance(Home.Options.TurnPatience);
            Run(actor, 2ul + (ulong)lost, "/count", method: "POST");
            await Replica.AcknowledgeAsync();
            Assert.Equal(lost, Count(await ReplyAsync()));
            run.SetResult();
        }

        var last = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience * 5);
        Run(actor, 9, "/count", method: "POST");
        Run(actor, 10, "/plain");
        Assert.Equal(10ul, (await ReplyAsync()).RequestId.Number);
        last.SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 3), NumberAndCount(await ReplyAsync()));
        await Replica.AcknowledgeAsync();
        Assert.Equal((9ul, 4), NumberAndCount(await ReplyAsync()));
    }

    [Fact]
    public async Task UnsafeHolder_HoweverLong_NeverLoses()
    {
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held", method: "POST");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnTimeout * 0.9);
        Run(actor, 3, "/count", method: "POST");
        Run(actor, 4, "/count");
        holder.SetResult();

        List<int> counts = [];
        for (var request = 0; request < 3; request++)
        {
            await Replica.AcknowledgeAsync();
            counts.Add(Count(await ReplyAsync()));
        }

        Assert.Equal([1, 2, 3], counts);
        Assert.False(HasArrived, "The holder was run again.");
    }

    [Fact]
    public async Task EarlyCommit_SafeRequest_GivesTheTurnUpAndTakesItAnew()
    {
        CommitEarly(readsAgain: true);
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/commits");
        await Replica.AcknowledgeAsync();
        var committed = await ArrivalAsync();

        Run(actor, 3, "/count", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 2), NumberAndCount(await ReplyAsync()));
        committed.SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 3), NumberAndCount(await ReplyAsync()));
    }

    [Fact]
    public async Task EarlyCommit_SafeRequestThatWritesWhatItReadBefore_IsRefusedIfOthersHaveChangedIt()
    {
        CommitEarly(readsAgain: false);
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/commits");
        await Replica.AcknowledgeAsync();
        var committed = await ArrivalAsync();
        Run(actor, 3, "/count", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 2), NumberAndCount(await ReplyAsync()));
        committed.SetResult();

        var refused = await ReplyAsync();

        Assert.Equal((2ul, ReplyKind.Refused, 503), (refused.RequestId.Number, refused.Kind, refused.Status));
        Assert.Contains("CommitAsync", refused.Reason, StringComparison.Ordinal);
        Run(actor, 4, "/read");
        Assert.Equal(2, Count(await ReplyAsync()));
    }

    [Fact]
    public async Task EarlyCommit_UnsafeRequest_KeepsTheTurnAndNeverLoses()
    {
        CommitEarly(readsAgain: false);
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/commits", method: "POST");
        await Replica.AcknowledgeAsync();
        var committed = await ArrivalAsync();
        Run(actor, 3, "/count", method: "POST");
        Home.Time.Advance(Home.Options.TurnPatience);
        Run(actor, 4, "/read");
        Assert.Equal((4ul, 1), NumberAndCount(await ReplyAsync()));
        committed.SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 2), NumberAndCount(await ReplyAsync()));
        await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 3), NumberAndCount(await ReplyAsync()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NeverRepeated_SafeRequest_KeepsTheTurnAndRunsOnce(bool byPath)
    {
        var counting = Home.App;
        Home.App = context =>
        {
            if (context.Request.Path == "/held" && !byPath)
            {
                context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new NeverRepeatAttribute()), "once"));
            }

            return counting(context);
        };
        Home.Options.NeverRepeatPaths.Add(byPath ? "/held" : "/other");
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience * 5);
        Run(actor, 3, "/count", method: "POST");
        Run(actor, 4, "/read");
        Assert.Equal((4ul, 0), NumberAndCount(await ReplyAsync()));
        holder.SetResult();

        await Replica.AcknowledgeAsync();
        Assert.Equal((2ul, 1), NumberAndCount(await ReplyAsync()));
        await Replica.AcknowledgeAsync();
        Assert.Equal((3ul, 2), NumberAndCount(await ReplyAsync()));
    }

    [Fact]
    public async Task ManyWriters_WithALongHolderAmongThem_NoneIsLost()
    {
        const int writers = 50;
        var actor = await OpenAsync(Stored(0));
        Run(actor, 2, "/held", method: "POST");
        var holder = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);
        for (var number = 3; number < 3 + writers; number++)
        {
            Run(actor, (ulong)number, "/count", method: number % 3 == 0 ? "POST" : "GET");
        }

        holder.SetResult();
        var counts = new List<int>();
        for (var i = 0; i <= writers; i++)
        {
            await Replica.AcknowledgeAsync();
            counts.Add(Count(await ReplyAsync()));
        }

        Assert.Equal(Enumerable.Range(1, writers + 1), counts.Order());
    }

    /// <summary><c>/commits</c> counts, commits, waits, and counts again.</summary>
    /// <param name="readsAgain">Whether from what is there then; else from what it had before.</param>
    private void CommitEarly(bool readsAgain)
    {
        var others = Home.App;
        Home.App = async context =>
        {
            if (context.Request.Path != "/commits")
            {
                await others(context);
                return;
            }

            var count = context.Session.Get("count")![0];
            context.Session.Set("count", [++count]);
            await context.Session.CommitAsync();
            await ArriveAsync();
            count = readsAgain ? context.Session.Get("count")![0] : count;
            context.Session.Set("count", [++count]);
            context.Response.Headers["X-Count"] = $"{count}";
        };
    }

    private static (ulong Number, int Count) NumberAndCount(RequestReply reply) => (reply.RequestId.Number, Count(reply));
}
