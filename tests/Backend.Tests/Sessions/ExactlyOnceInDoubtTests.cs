using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Requests that may have run already: what is run all the same, and what is not.</summary>
public sealed class ExactlyOnceInDoubtTests : ExactlyOnceTestKit
{
    [Fact]
    public async Task InDoubt_EndpointNotMarked_NothingIsCommitted()
    {
        // The trial before the app has been passed over here: this is what is left where it and the run disagree.
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", inDoubt: true);

        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 503), (reply.Kind, reply.Status));
        Assert.Contains("may have run", reply.Reason, StringComparison.Ordinal);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task InDoubt_SessionHasEnded_IsNotRunUnderAnotherId()
    {
        var home = Start();
        Post(home, 1, "/marked", inDoubt: true, fresh: true);
        (await Replica.NextRecoverAsync()).Answer(SessionEntry.Removed(new(1, 5, 1), Home.Now));

        Assert.Equal(ReplyKind.NotSeen, (await ReplyAsync()).Kind);
        Assert.Equal(0, Runs);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task InDoubt_MethodIsIdempotent_Runs(string method)
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", inDoubt: true, method: method);
        await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
    }

    [Fact]
    public async Task InDoubt_MethodIsIdempotentAndSessionHasEnded_RunsUnderAnotherId()
    {
        var home = Start();
        Post(home, 1, "/unmarked", inDoubt: true, method: "GET");
        (await Replica.NextRecoverAsync()).Answer(SessionEntry.Removed(new(1, 5, 1), Home.Now));

        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
    }

    [Fact]
    public async Task InDoubt_FirstRequestOfASessionThatWasNotCommitted_Runs()
    {
        var home = Start();
        Post(home, 1, "/marked", inDoubt: true, fresh: true);
        (await Replica.NextRecoverAsync()).Answer(null);
        await Replica.AcknowledgeAsync();

        var reply = await ReplyAsync();
        Assert.Equal("1!", Text(reply));
        Assert.Equal(CookieOf(Id), CookieOf(reply));
    }

    [Fact]
    public async Task Get_OfAMarkedEndpoint_RecordsNothing()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/marked", method: "GET");

        // An ordinary commit: the app could not have written to the session after its response's start either.
        Assert.DoesNotContain((await Replica.AcknowledgeAsync()).Attributes, a => Outcomes.IsKey(a.Key));
        await ReplyAsync();
    }
}
