using Akka.Actor;
using Microsoft.AspNetCore.Routing;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Idempotency keys: whose they are, and what a second request with the same one is given.</summary>
public sealed class ExactlyOnceKeyTests : ExactlyOnceTestKit
{
    [Fact]
    public async Task SameKey_OtherBody_422AndNothingRuns()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key", body: "buy one");
        await Replica.AcknowledgeAsync();
        await ReplyAsync();

        Post(home, 3, "/unmarked", "a key", body: "buy two");

        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 422), (reply.Kind, reply.Status));
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task SameKey_WhileTheFirstRuns_WaitsAndIsGivenItsOutcome()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked/held", "a key");
        var first = await ArrivalAsync();
        Post(home, 3, "/unmarked/held", "a key");
        Post(home, 4, "/unmarked/unchanged", "another key");
        Assert.Equal(ReplyKind.Running, (await FindAsync(home, 3)).Kind);

        first.SetResult();
        await Replica.AcknowledgeAsync();
        await Replica.AcknowledgeAsync();

        var replies = new[] { await ReplyAsync(), await ReplyAsync(), await ReplyAsync() }.ToDictionary(r => r.RequestId.Number);
        Assert.Equal("42!", Text(replies[2]));
        Assert.Equal("42!", Text(replies[3]));
        Assert.Equal("43!", Text(replies[4]));
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task SameKey_InAnotherSession_IsAnotherRequest()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        await ReplyAsync();

        var other = Sys.ActorOf(SessionActor.Props(Home.Services, SessionId.NewRandom().ToString()));
        Post(other, 3, "/unmarked", "a key", fresh: true);
        await Replica.AcknowledgeAsync();

        Assert.Equal("1!", Text(await ReplyAsync()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("long")]
    public async Task Key_Malformed_400WithTheRule(string key)
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", key == "long" ? new string('k', 256) : key);

        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 400), (reply.Kind, reply.Status));
        Assert.Contains("1 to 255", reply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SameKey_AfterAnErrorOfTheServers_RunsAgain()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked/busy", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal(503, (await ReplyAsync()).Response!.StatusCode);

        Post(home, 3, "/unmarked/busy", "a key");
        await Replica.AcknowledgeAsync();

        Assert.Equal("43!", Text(await ReplyAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Key_NotAskedFor_IsTheAppsOwn(bool isElsewhere)
    {
        OnlyEndpoints(isElsewhere);
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal("42!", Text(await ReplyAsync()));

        Post(home, 3, "/unmarked", "a key", body: "another");
        await Replica.AcknowledgeAsync();
        Assert.Equal("43!", Text(await ReplyAsync()));
        Post(home, 4, "/unmarked", new string('k', 256));
        await Replica.AcknowledgeAsync();
        Assert.Equal("44!", Text(await ReplyAsync()));
    }

    [Fact]
    public async Task Key_AtAnEndpointThatHeedsIt_IsOneRequest()
    {
        OnlyEndpoints(heed: true);
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/keyed", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal("42!", Text(await ReplyAsync()));

        Post(home, 3, "/keyed", "a key");
        Assert.Equal("42!", Text(await ReplyAsync()));
        Post(home, 4, "/keyed", "a key", body: "another");
        Assert.Equal(422, (await ReplyAsync()).Status);
        Post(home, 5, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal("43!", Text(await ReplyAsync()));
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Key_MalformedAtAnEndpointThatHeedsKeys_400()
    {
        OnlyEndpoints(heed: true);
        var home = await OpenAsync(Stored(41));

        Post(home, 2, "/keyed", new string('k', 256));

        Assert.Equal(400, (await ReplyAsync()).Response!.StatusCode);
    }

    private void OnlyEndpoints(bool heed)
    {
        Home.Options.IdempotencyKeys = false;
        Keys = new KeyedEndpoints(heed ? new DefaultEndpointDataSource(Keyed) : null);
    }
}
