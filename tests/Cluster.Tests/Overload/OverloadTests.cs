using System.Net;
using Pomegranate.Backend.Sessions;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Overload;

/// <summary>More requests than a frontend, a backend or a session takes: the excess is told so at once, the rest is served.</summary>
public sealed class OverloadTests(LimitedCluster limited) : IClassFixture<LimitedCluster>
{
    private readonly HeldApp _app = new();

    private TestCluster Cluster => limited.Cluster;

    [Fact]
    public async Task FrontendFull_ExcessGets503AtOnce_AndTheRestIsServed()
    {
        await using var frontend = await Cluster.StartFrontendAsync(
            ("Pomegranate:Gateway:MaxConcurrentRequests", "2"),
            ("Pomegranate:Gateway:MaxQueuedRequests", "1"),
            ("Pomegranate:Gateway:QueueTimeout", "00:01:00"),
            ("Pomegranate:Gateway:RetryAfter", "00:00:07"));
        using var browser = Cluster.NewBrowser(frontend);
        List<Task<Answer>> requests = [HoldAsync(browser), HoldAsync(browser)];
        await _app.EnteredAsync(2).For("two requests in the app");

        // One of them queues; the app holds the others, so only a refusal can come back.
        requests.AddRange([HoldAsync(browser), HoldAsync(browser)]);
        var first = await Task.WhenAny(requests).For("a refusal while the app holds all it has");

        var refusal = await first;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Contains("Pomegranate:Gateway:MaxQueuedRequests", refusal.Text, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(7), refusal.Headers.RetryAfter!.Delta);
        Assert.True(refusal.Headers.CacheControl!.NoStore);
        requests.Remove(first);
        _app.Release();
        Assert.All(await Task.WhenAll(requests).For("the requests that were taken"), answer => Assert.Equal("done", answer.Ok()));
        Assert.Equal("again", (await browser.RunAsync(_ => "again").For("a request after the rush")).Ok());
    }

    [Fact]
    public async Task FrontendFullForTheQueueTimeout_503NamesIt()
    {
        await using var frontend = await Cluster.StartFrontendAsync(
            ("Pomegranate:Gateway:MaxConcurrentRequests", "1"), ("Pomegranate:Gateway:QueueTimeout", "00:00:00.050"));
        using var browser = Cluster.NewBrowser(frontend);
        var held = HoldAsync(browser);
        await _app.EnteredAsync(1).For("a request in the app");

        var refusal = await HoldAsync(browser).For("a refusal while the app holds the first");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Contains("Pomegranate:Gateway:QueueTimeout", refusal.Text, StringComparison.Ordinal);
        _app.Release();
        Assert.Equal("done", (await held.For("the first request")).Ok());
    }

    [Fact]
    public async Task FeedAndSocketThatHaveBegun_LeaveTheirPlaceToOthers()
    {
        await using var frontend = await Cluster.StartFrontendAsync(
            ("Pomegranate:Gateway:MaxConcurrentRequests", "1"), ("Pomegranate:Gateway:MaxQueuedRequests", "0"));
        using var browser = Cluster.NewBrowser(frontend);
        using var feed = await browser.BeginAsync(new(HttpMethod.Get, browser.Path(async context =>
        {
            await context.Response.WriteAsync("head");
            await context.Response.Body.FlushAsync();
            await _app.RunAsync(context);
        }))).For("the feed's head");
        using var socket = await browser.ConnectAsync(browser.Path(async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await accepted.ReceiveAsync(new byte[1], CancellationToken.None);
        }));

        var answer = await browser.RunAsync(_ => "beside them").For("a request beside the feed and the socket");

        Assert.Equal("beside them", answer.Ok());
        _app.Release();
        Assert.Equal("headdone", await feed.Content.ReadAsStringAsync().For("the feed's end"));
    }

    [Fact]
    public async Task BackendFull_ExcessGets503AtOnce_AndTheOtherBackendServes()
    {
        const int taken = LimitedCluster.NodeRuns + LimitedCluster.NodeQueues;
        var browsers = new List<Browser>();
        for (var i = 0; i < taken + 1; i++)
        {
            browsers.Add(await Cluster.NewBrowserHomedOnAsync("backend-1"));
        }

        using var elsewhere = await Cluster.NewBrowserHomedOnAsync("backend-2");
        var requests = browsers.ConvertAll(HoldAsync);
        await _app.EnteredAsync(LimitedCluster.NodeRuns).For("as many requests in the app as may be");

        var first = await Task.WhenAny(requests).For("a refusal while the app holds all it has");
        var answerElsewhere = await elsewhere.RunAsync(Browser.NodeOf).For("a request of another backend");

        var refusal = await first;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Contains("Pomegranate:Backend:MaxQueuedRequests", refusal.Text, StringComparison.Ordinal);
        Assert.NotNull(refusal.Headers.RetryAfter);
        Assert.Equal("backend-2", answerElsewhere.Ok());
        requests.Remove(first);
        _app.Release();
        Assert.All(await Task.WhenAll(requests).For("the requests that were taken"), answer => Assert.Equal("done", answer.Ok()));
        browsers.ForEach(browser => browser.Dispose());
    }

    [Fact]
    public async Task HotSession_NeighboursOnItsNodeAreServed()
    {
        const int taken = LimitedCluster.SessionRuns + LimitedCluster.SessionQueues;
        using var hot = await Cluster.NewBrowserHomedOnAsync("backend-1");
        using var neighbour = await Cluster.NewBrowserHomedOnAsync("backend-1");

        // They use the session, so the second waits for the first; unsafe, so it does not pass it.
        using var first = new HeldTurn(hot, _ => { });
        await first.Begun;
        var requests = Enumerable.Range(0, (4 * taken) - 1).Select(number => hot.RunAsync(
            http =>
            {
                _app.Enter();
                _ = http.Session.GetString("key");
                return _app.RunAsync(http);
            },
            method: HttpMethod.Post)).ToList();
        await _app.EnteredAsync(LimitedCluster.SessionRuns - 1).For("as many requests of the session in the app as may be");

        var refusals = new List<Answer>();
        while (refusals.Count < 3 * taken)
        {
            var next = await Task.WhenAny(requests).For("a refusal while the app holds all it has");
            requests.Remove(next);
            refusals.Add(await next);
        }

        Assert.All(refusals, refusal => Assert.Contains("Pomegranate:Session:MaxQueuedRequests", refusal.Text, StringComparison.Ordinal));
        Assert.Equal("backend-1", (await neighbour.RunAsync(Browser.NodeOf).For("a neighbour's request")).Ok());
        _app.Release();
        (await first.EndAsync()).Ok();
        Assert.All(await Task.WhenAll(requests).For("the requests that were taken"), answer => Assert.Equal("done", answer.Ok()));
    }

    [Fact]
    public async Task RequestsThatDoNotUseTheirSession_HoldUpNobody()
    {
        using var browser = Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var polls = Enumerable.Range(0, LimitedCluster.NodeRuns - 1).Select(_ => HoldAsync(browser)).ToList();
        await _app.EnteredAsync(LimitedCluster.NodeRuns - 1).For("more polls in the app than a session's requests may be");

        Assert.Equal("value", await browser.ReadAsync("key").For("a request beside the polls"));
        _app.Release();
        Assert.All(await Task.WhenAll(polls).For("the polls"), answer => Assert.Equal("done", answer.Ok()));
    }

    /// <summary>A request that never touches the session: turns play no part in it.</summary>
    private Task<Answer> HoldAsync(Browser browser) => browser.RunAsync(_app.RunAsync, SessionAccess.Concurrent);
}
