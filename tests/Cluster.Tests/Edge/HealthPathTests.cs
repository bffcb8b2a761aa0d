using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>The health path that balancers ask on the HTTP port.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class HealthPathTests(SharedCluster shared)
{
    [Fact]
    public async Task Default_PathBelongsToTheApp()
    {
        using var browser = shared.Cluster.NewBrowser();

        // TestApp has no such route.
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(browser)).Status);
    }

    [Fact]
    public async Task Ready_Answers200AndIsNotCached()
    {
        await using var frontend = await StartAsync();
        using var browser = shared.Cluster.NewBrowser(frontend);

        var answer = await UntilReadyAsync(browser);

        Assert.Equal("Healthy", answer.Ok());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Empty(answer.SetCookies);
    }

    [Fact]
    public async Task NoBackend_Answers503()
    {
        await using var frontend = await StartAsync();
        using var browser = shared.Cluster.NewBrowser(frontend);
        await UntilReadyAsync(browser);

        frontend.Services.GetRequiredService<AppGateways>().Mounted[0].Backends = 0;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync(browser)).Status);
    }

    [Fact]
    public async Task Draining_Answers503WhileRequestsAreServed()
    {
        // Longer than any wait in this test: the drain lasts until the test has seen what it wants.
        await using var frontend = await StartAsync(("Pomegranate:Gateway:DrainDelay", "00:02:00"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        await UntilReadyAsync(browser);

        using var enough = new CancellationTokenSource();
        var stop = frontend.StopAsync(enough.Token);
        try
        {
            var answer = await Await.UntilAsync("a frontend that is draining", () => AskAsync(browser), answer => answer.Status != HttpStatusCode.OK);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Equal("served", (await browser.RunAsync(_ => "served")).Ok());
            Assert.False(stop.IsCompleted, "The drain was over.");
        }
        finally
        {
            await enough.CancelAsync();
            await stop.ContinueWith(_ => { }, TaskScheduler.Default).For("the frontend's stop");
        }
    }

    private Task<TestFrontend> StartAsync(params (string Key, string Value)[] settings) =>
        shared.Cluster.StartFrontendAsync([("Pomegranate:Gateway:HealthPath", "/healthz"), .. settings]);

    // A frontend takes connections once it can reach a backend, which may be a moment before it is a full member.
    private static Task<Answer> UntilReadyAsync(Browser browser) =>
        Await.UntilAsync("a frontend that is ready", () => AskAsync(browser), answer => answer.Status == HttpStatusCode.OK);

    private static Task<Answer> AskAsync(Browser browser) => browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/healthz"));
}
