using System.Text;
using System.Threading.Channels;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>
/// The app adds one to a counter. Its home is killed at each point of the request's life; whatever the replicas have by
/// then is what the next home finds.
/// </summary>
public sealed class ExactlyOnceTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SessionId _id = SessionId.NewRandom();
    private readonly TestHome _home = new();
    private readonly TestProbe _frontend;
    private readonly Channel<TaskCompletionSource> _arrivals = Channel.CreateUnbounded<TaskCompletionSource>();
    private int _runs;

    public ExactlyOnceTests()
    {
        _frontend = CreateTestProbe("frontend");
        _home.App = async context =>
        {
            Interlocked.Increment(ref _runs);
            var path = context.Request.Path.Value!;
            if (!path.StartsWith("/unmarked", StringComparison.Ordinal))
            {
                context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new ExactlyOnceAttribute()), "marked"));
            }

            var count = (context.Session.TryGetValue("count", out var value) ? value[0] : 0) + 1;
            if (!path.EndsWith("/unchanged", StringComparison.Ordinal))
            {
                context.Session.Set("count", [(byte)count]);
            }

            if (path.EndsWith("/held", StringComparison.Ordinal))
            {
                var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _arrivals.Writer.TryWrite(goOn);
                await goOn.Task;
            }

            switch (path[(path.LastIndexOf('/') + 1)..])
            {
                case "renew":
                    await context.Session.RenewIdAsync();
                    break;
                case "abandon":
                    await context.Session.AbandonAsync();
                    break;
                case "clear":
                    context.Session.Clear();
                    context.Session.Set("count", [(byte)count]);
                    break;
                case "throw":
                    throw new InvalidOperationException("the app's own failure");
            }

            context.Response.Headers["X-Made-By"] = "the first run";
            await context.Response.WriteAsync($"{count}");
            Assert.Throws<InvalidOperationException>(() => context.Session.Set("late", [1]));
            await context.Response.WriteAsync(path.EndsWith("/long", StringComparison.Ordinal) ? new string('x', 60_000) : "!");
            await context.Response.Body.FlushAsync();
        };
    }

    private StubReplica Replica => _home.Replica;

    // ---- killed at each point ----

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
        Assert.Equal(0, _runs);
        Post(second, 1, path, key, inDoubt: true);
        await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
        Assert.Equal(1, _runs);
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

        Assert.Equal(1, _runs);
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
        Assert.Equal(lost.Response.Headers, reply.Response.Headers);
        Assert.Equal(1, _runs);
        Assert.False(Replica.HasBeenAsked);
    }

    // ---- what is not exactly-once ----

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
        (await Replica.NextRecoverAsync()).Answer(SessionEntry.Removed(new(1, 5, 1), _home.Now));

        Assert.Equal(ReplyKind.NotSeen, (await ReplyAsync()).Kind);
        Assert.Equal(0, _runs);
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
        Assert.Equal(CookieAction.Set, reply.Cookie.Action);
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

    // ---- keys ----

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
        Assert.Equal(1, _runs);
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
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task SameKey_InAnotherSession_IsAnotherRequest()
    {
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        await ReplyAsync();

        var other = Sys.ActorOf(SessionActor.Props(_home.Services, SessionId.NewRandom().ToString()));
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
    public async Task Key_SwitchedOff_IsTheAppsOwn()
    {
        _home.Options.IdempotencyKeys = false;
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal("42!", Text(await ReplyAsync()));

        Post(home, 3, "/unmarked", "a key");
        await Replica.AcknowledgeAsync();
        Assert.Equal("43!", Text(await ReplyAsync()));
    }

    // ---- answers that do not fit, sessions that end, clients that leave ----

    [Fact]
    public async Task AnswerTooLong_ClientGetsItAndARepetitionIsToldSo()
    {
        _home.Options.MaxOutcomeBytes = 1_000;
        var home = await OpenAsync(Stored(41));
        Post(home, 2, "/unmarked/long", "a key");
        Assert.Equal([42], (await Replica.AcknowledgeAsync()).Find("count"));
        Assert.Equal(60_002, (await ReplyAsync()).Response!.Body.Length);

        Post(home, 3, "/unmarked/long", "a key");

        var reply = await ReplyAsync();
        Assert.Equal((ReplyKind.Refused, 409), (reply.Kind, reply.Status));
        Assert.Contains("Pomegranate:Session:MaxOutcomeBytes", reply.Reason, StringComparison.Ordinal);
        Assert.Equal(1, _runs);
    }

    [Theory]
    [InlineData("/marked/renew")]
    [InlineData("/marked/abandon")]
    public async Task Killed_AfterTheSessionsEndWasCommitted_OldIdAnswersTheOutcome(string path)
    {
        var cookie = path == "/marked/renew" ? CookieAction.Set : CookieAction.Delete;
        var first = await OpenAsync(Stored(41));
        Post(first, 2, path, "a key");
        var commit = await Replica.NextCommitAsync();
        await KillAsync(first);
        var ended = commit.Entries.Single(e => e.Key == _id).Value;
        Assert.True(ended.IsRemoved);

        var second = Start();
        Post(second, 2, path, "a key", inDoubt: true);
        (await Replica.NextRecoverAsync()).Answer(ended);

        var reply = await ReplyAsync();
        Assert.Equal("42!", Text(reply));
        Assert.Equal(cookie, reply.Cookie.Action);
        if (cookie == CookieAction.Set)
        {
            var renewed = commit.Entries.Single(e => e.Key != _id);
            Assert.Equal(renewed.Key, reply.Cookie.Id);
            Assert.NotNull(Outcomes.Find(renewed.Value, Request(2)));
        }

        // The key is the session's, and the session is over: whoever planted the old id learns nothing by it.
        Post(second, 3, path, "a key");
        Assert.Equal(ReplyKind.UnknownSession, (await ReplyAsync()).Kind);
        Assert.Equal(1, _runs);
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

        home.Tell(new CancelRequest(Request(2), _id));
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
        await Replica.AcknowledgeAsync();

        Assert.Equal("42!", Text(await ReplyAsync()));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _home.Dispose();
    }

    // ---- homes ----

    private IActorRef Start() => Sys.ActorOf(SessionActor.Props(_home.Services, _id.ToString()));

    private async Task<IActorRef> OpenAsync(SessionEntry entry)
    {
        var home = Start();
        var found = FindAsync(home, 99);
        (await Replica.NextRecoverAsync()).Answer(entry);
        await found;
        return home;
    }

    /// <summary>At once, whatever it was doing: it answers nobody any more.</summary>
    private async Task KillAsync(IActorRef home)
    {
        Watch(home);
        Sys.Stop(home);
        await ExpectTerminatedAsync(home, Patience);
    }

    /// <summary>The frontend asks the next home, which knows nothing but what the replicas have.</summary>
    private async Task<IActorRef> AskNextHomeAsync(SessionEntry entry, ulong number = 1)
    {
        var home = Start();
        var found = FindAsync(home, number);
        (await Replica.NextRecoverAsync()).Answer(entry);
        var reply = await found;
        Assert.Equal((ReplyKind.NotSeen, TakesRequestsInDoubt), (reply.Kind, reply.Status));
        return home;
    }

    private void Post(
        IActorRef home, ulong number, string path, string? key = null, bool inDoubt = false, bool fresh = false, string body = "", string method = "POST") =>
        home.Tell(
            new RunRequest(Request(number), _id, fresh, new WebRequest
            {
                Method = method,
                Scheme = "http",
                RawTarget = path,
                Protocol = "HTTP/1.1",
                Headers = key is null ? [new("Host", "shop.test")] : [new("Host", "shop.test"), new("idempotency-key", key)],
                Body = Encoding.UTF8.GetBytes(body),
                TraceIdentifier = $"t{number}",
            }, new Pomegranate.Streaming.StreamTicket("127.0.0.1", 1, Guid.Empty)) { IsInDoubt = inDoubt },
            _frontend);

    private async Task<RequestReply> FindAsync(IActorRef home, ulong number)
    {
        var asking = CreateTestProbe();
        home.Tell(new FindRequest(Request(number), _id), asking);
        return await asking.ExpectMsgAsync<RequestReply>(Patience, "Waiting for a reply to a question.");
    }

    private async Task<RequestReply> ReplyAsync() =>
        await _frontend.ExpectMsgAsync<RequestReply>(Patience, "Waiting for a reply from the session's home.");

    private async Task<TaskCompletionSource> ArrivalAsync() => await _arrivals.Reader.ReadAsync().AsTask().For("a request to reach the app");

    private SessionEntry Stored(byte count) => SessionEntry.Live(
        new(1, 1, 1), default, _home.Now, [new("count", new(1, 1, 1), [count])]);

    private static RequestId Request(ulong number) => new(0xF, number);

    private static string Text(RequestReply reply)
    {
        Assert.True(reply.Kind == ReplyKind.Response, $"{reply.Kind} {reply.Status} {reply.Reason}");
        return Encoding.UTF8.GetString(reply.Response!.Body.Span);
    }
}
