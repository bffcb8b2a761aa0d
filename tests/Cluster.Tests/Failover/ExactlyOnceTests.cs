using System.Net;
using Pomegranate.Backend;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Failover;

/// <summary>A backend dies with a request that adds one to a counter; clients come back through another frontend.</summary>
public sealed class ExactlyOnceTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync([("Pomegranate:Session:IdempotencyKeys", "true")]);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task BackendDiesInTheRun_MarkedOrKeyedRunsOnce_AnyOtherIsNotRunAgain()
    {
        using var marked = await _cluster.NewBrowserHomedOnAsync("backend-1");
        using var keyed = await _cluster.NewBrowserHomedOnAsync("backend-1");
        using var other = await _cluster.NewBrowserHomedOnAsync("backend-1");
        var (onMarked, onKeyed, onOther) = (new HeldCounter(), new HeldCounter(), new HeldCounter());
        var requests = new[]
        {
            marked.SendAsync(Post(marked, onMarked.RunAsync, marked: true)),
            keyed.SendAsync(Post(keyed, onKeyed.RunAsync, key: "a key")),
            other.SendAsync(Post(other, onOther.RunAsync)),
        };
        await Task.WhenAll(onMarked.Begun, onKeyed.Begun, onOther.Begun).For("the app to have three requests");

        await _cluster.KillAsync("backend-1");
        var answers = await Task.WhenAll(requests).For("every request's answer");

        Assert.Equal(["1 from backend-2", "1 from backend-2"], answers[..2].Select(a => a.Ok()));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answers[2].Status);
        Assert.Contains("may have run", answers[2].Text, StringComparison.Ordinal);
        Assert.Equal((2, 2, 1), (onMarked.Runs, onKeyed.Runs, onOther.Runs));
        Assert.Equal("1", await marked.ReadAsync("count"));
        Assert.Equal("1", await keyed.ReadAsync("count"));
        Assert.Equal("(none)", await other.ReadAsync("count"));
    }

    [Fact]
    public async Task KeyWaitsForARenewal_RepeatedUnderTheNewId_HasRunOnceAndIsGivenTheSameAnswer()
    {
        using var browser = _cluster.NewBrowser();
        await browser.StoreAsync("first", "");
        using var tab = _cluster.NewBrowser();
        tab.SessionCookie = browser.SessionCookie;
        using var signIn = new HeldTurn(browser, http => http.Session.RenewIdAsync().GetAwaiter().GetResult());
        await signIn.Begun;
        var begun = new TaskCompletionSource();
        var path = tab.Path(context =>
        {
            begun.TrySetResult();
            var count = (context.Session.GetInt32("count") ?? 0) + 1;
            context.Session.SetInt32("count", count);
            return context.Response.WriteAsync($"{count}");
        });
        var waiting = tab.SendAsync(Keyed(path, "buy"));
        await begun.Task.For("the request in the app");
        (await signIn.EndAsync()).Ok();

        Assert.Equal("1", (await waiting.For("the request that waits")).Ok());
        Assert.Equal("1", (await browser.SendAsync(Keyed(path, "buy"))).Ok());
        Assert.Equal("1", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());
    }

    [Fact]
    public async Task ReplyLost_ClientComesBackThroughAnotherFrontendAfterTheHomeDied_IsGivenTheSameAnswer()
    {
        await using var otherFrontend = await _cluster.StartFrontendAsync();
        using var browser = await _cluster.NewBrowserHomedOnAsync("backend-1");
        using var again = _cluster.NewBrowser(otherFrontend);
        again.SessionCookie = browser.SessionCookie;
        var counter = new HeldCounter();
        var path = browser.Path(counter.RunAsync);

        // The client's connection breaks while its request runs; the request goes on.
        using var connection = new CancellationTokenSource();
        var lost = browser.SendAsync(Keyed(path, "buy"), connection.Token);
        await counter.Begun.For("the app to have the request");
        await connection.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost.For("the request's end at the client"));
        var second = again.SendAsync(Keyed(path, "buy"));
        counter.GoOn();
        var first = await second.For("the answer to the request that waited for the first");
        await _cluster.KillAsync("backend-1");
        var afterwards = await again.SendAsync(Keyed(path, "buy")).For("the answer after the home's death");

        Assert.Equal("1 from backend-1", first.Ok());
        Assert.Equal(first.Body, afterwards.Body);
        Assert.Equal(first.Headers.GetValues("X-Run"), afterwards.Headers.GetValues("X-Run"));
        Assert.Equal(first.ContentHeaders.ToString(), afterwards.ContentHeaders.ToString());
        Assert.Equal(1, counter.Runs);
        Assert.Equal("1", await again.ReadAsync("count"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await again.SendAsync(Keyed(path, "buy two"))).Status);
    }

    private static HttpRequestMessage Post(Browser browser, RequestDelegate app, bool marked = false, string? key = null)
    {
        var path = browser.Path(app);
        var request = new HttpRequestMessage(HttpMethod.Post, marked ? path.Replace("/exclusive", "/once", StringComparison.Ordinal) : path);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return request;
    }

    private static HttpRequestMessage Keyed(string path, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Headers.Add("Idempotency-Key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"");
        return request;
    }

    /// <summary>Adds one to the session's counter; its first run waits until told, the later ones do not.</summary>
    private sealed class HeldCounter
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _runs;

        public Task Begun => _begun.Task;

        public int Runs => _runs;

        public void GoOn() => _goOn.SetResult();

        public async Task RunAsync(HttpContext context)
        {
            var run = Interlocked.Increment(ref _runs);
            var count = (context.Session.GetString("count") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0) + 1;
            context.Session.SetString("count", $"{count}");
            if (run == 1)
            {
                _begun.SetResult();
                await _goOn.Task;
            }

            context.Response.Headers["X-Run"] = $"{run}";
            await context.Response.WriteAsync($"{count} from {Browser.NodeOf(context)}");
        }
    }
}
