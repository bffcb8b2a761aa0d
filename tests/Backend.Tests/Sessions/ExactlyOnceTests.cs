using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>
/// The app adds one to a counter. Its home is killed at each point of the request's life; whatever the replicas have by
/// then is what the next home finds.
/// </summary>
public sealed class ExactlyOnceTests : ExactlyOnceTestKit
{
    [Theory]
    [InlineData("/marked", null)]
    [InlineData("/unmarked", "a key")]
    public async Task Killed_BeforeTheRun_NextHomeRunsIt(string path, string? key)
    {
        var first = Start();
        Post(first, 1, path, key);
        await Replica.NextRecoverAsync();
        await KillAsync(first);

        var second = await AskNextHomeAsync(Stored(41));
        Assert.Equal(0, Runs);
        Post(second, 1, path, key, inDoubt: true);
        await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
        Assert.Equal(1, Runs);
    }

    [Theory]
    [InlineData("/marked/held", null)]
    [InlineData("/unmarked/held", "a key")]
    public async Task Killed_InTheRun_NextHomeRunsItAsIfForTheFirstTime(string path, string? key)
    {
        var first = await OpenAsync(Stored(41));
        Post(first, 2, path, key);
        await ArrivalAsync();
        await KillAsync(first);
        Assert.False(Replica.HasBeenAsked, "Something was committed before the app had answered.");

        var second = await AskNextHomeAsync(Stored(41), number: 2);
        Post(second, 2, path, key, inDoubt: true);
        (await ArrivalAsync()).SetResult();
        var entry = await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
        Assert.Equal([42], entry.Find("count"));
    }

    [Theory]
    [InlineData("/marked", null)]
    [InlineData("/marked/unchanged", null)]
    [InlineData("/marked/throw", null)]
    [InlineData("/unmarked", "a key")]
    public async Task Killed_AfterTheCommitBeforeTheReply_NextHomeAnswersTheOutcome(string path, string? key)
    {
        var first = await OpenAsync(Stored(41));
        Post(first, 2, path, key);
        var commit = await Replica.NextCommitAsync();
        var committed = Stored(41).Merge(Assert.Single(commit.Entries).Value);
        await KillAsync(first);

        // Asked after, and sent again.
        var second = Start();
        var found = FindAsync(second, 2);
        (await Replica.NextRecoverAsync()).Answer(committed);
        Post(second, 2, path, key, inDoubt: true);
        var (asked, sent) = (await found, await ReplyAsync());

        // The first home's answer, had it lived.
        commit.Done.SetResult();
        Assert.Equal(GatewaySerializer.ToBytes(asked), GatewaySerializer.ToBytes(sent));
        Assert.Equal(path.EndsWith("throw", StringComparison.Ordinal) ? 500 : 200, sent.Response!.StatusCode);
        if (sent.Response.StatusCode == 200)
        {
            Assert.Equal("42!", Text(sent));
            Assert.Equal("the first run", sent.Response.Header("X-Made-By"));
            Assert.Equal("3", sent.Response.Header("Content-Length"));
        }

        Assert.Equal(1, Runs);
        Assert.False(Replica.HasBeenAsked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReplyLost_ClientComesBackWithItsKey_IsGivenTheOutcome(bool homeDies)
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key", body: "buy");
        var committed = Stored(41).Merge(await Replica.AcknowledgeAsync());
        var lost = await ReplyAsync();
        if (homeDies)
        {
            await KillAsync(home);
            home = Start();
        }

        // Through another frontend: the request's id is new.
        Post(home, 77, "/unmarked", "a key", body: "buy");
        if (homeDies)
        {
            (await Replica.NextRecoverAsync()).Answer(committed);
        }

        var reply = await ReplyAsync();
        Assert.Equal(77ul, reply.RequestId.Number);
        Assert.Equal(lost.Response!.Body.ToArray(), reply.Response!.Body.ToArray());

        // Who comes back with the key has the session's cookie, perhaps a later one than the answer had.
        Assert.Equal(lost.Response.Headers.Where(header => header.Key != "Set-Cookie"), reply.Response.Headers);
        Assert.Equal(1, Runs);
        Assert.False(Replica.HasBeenAsked);
    }

    [Theory]
    [InlineData("/marked/renew")]
    [InlineData("/marked/abandon")]
    public async Task Killed_AfterTheSessionsEndWasCommitted_OldIdAnswersTheOutcome(string path)
    {
        var first = await OpenAsync(Stored(41));
        Post(first, 2, path, "a key");
        var commit = path == "/marked/renew" ? await Replica.NextRenewalAsync() : await Replica.NextCommitAsync();
        await KillAsync(first);
        var ended = commit.Entries.Single(e => e.Key == Id).Value;
        Assert.True(ended.IsRemoved);

        var second = Start();
        Post(second, 2, path, "a key", inDoubt: true);
        (await Replica.NextRecoverAsync()).Answer(ended);

        var reply = await ReplyAsync();
        Assert.Equal("42!", Text(reply));
        if (path == "/marked/renew")
        {
            var renewed = commit.Entries.Single(e => e.Key != Id);
            Assert.Equal(CookieOf(renewed.Key), CookieOf(reply));
            Assert.NotNull(Outcomes.Find(renewed.Value, Request(2)));
        }
        else
        {
            Assert.Equal(NoCookie, CookieOf(reply));
        }

        // The key is the session's, and the session is over: whoever planted the old id learns nothing by it.
        Home.Time.Advance(Home.Options.RenewalGrace + TimeSpan.FromMilliseconds(1));
        Post(second, 3, path, "a key");
        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
        Assert.Equal(1, Runs);
    }
}
