using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Failover;

/// <summary>A backend is told to stop.</summary>
public sealed class GracefulStopTests : IAsyncLifetime
{
    private const int Sessions = 20;

    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task OneOfTwoBackendsStops_SessionsLiveOnAndItsRequestsFinish()
    {
        var browsers = await StartSessionsAsync();
        using var held = await _cluster.NewBrowserHomedOnAsync("backend-1");
        using var holder = new HeldTurn(held, http => http.Session.SetString("during", "the stop"));
        await holder.Begun;

        var stop = _cluster.Backends[0].StopAsync();
        var answer = holder.EndAsync();
        await stop.For("the backend's stop");

        (await answer).Ok();
        Assert.Equal("the stop", await held.ReadAsync("during"));
        for (var number = 0; number < Sessions; number++)
        {
            Assert.Equal($"value-{number}", await browsers[number].ReadAsync("key"));
            Assert.Equal("backend-2", (await browsers[number].RunAsync(Browser.NodeOf)).Ok());
            browsers[number].Dispose();
        }
    }

    [Fact]
    public async Task RequestsWhileABackendStops_AreAllAnsweredAndNoIncrementIsLost()
    {
        var browsers = await StartSessionsAsync();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var counting = Task.WhenAll(browsers.Select(browser => CountUntilAsync(browser, stopped.Task)));

        await _cluster.Backends[0].StopAsync().For("the backend's stop");
        stopped.SetResult();
        var counts = await counting.For("every request's answer");

        foreach (var (browser, count) in browsers.Zip(counts))
        {
            Assert.Equal($"{count + 1}", (await browser.RunAsync(http => $"{Increment(http)}")).Ok());
            browser.Dispose();
        }

        static async Task<int> CountUntilAsync(Browser browser, Task end)
        {
            var count = 0;
            while (!end.IsCompleted)
            {
                (await browser.RunAsync(http => $"{Increment(http)}")).Ok();
                count++;
            }

            return count;
        }

        static int Increment(HttpContext http)
        {
            var count = (http.Session.GetInt32("count") ?? 0) + 1;
            http.Session.SetInt32("count", count);
            return count;
        }
    }

    private async Task<Browser[]> StartSessionsAsync()
    {
        var browsers = Enumerable.Range(0, Sessions).Select(_ => _cluster.NewBrowser()).ToArray();
        for (var number = 0; number < Sessions; number++)
        {
            await browsers[number].StoreAsync("key", $"value-{number}");
        }

        return browsers;
    }
}
