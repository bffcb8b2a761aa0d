using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Failover;

/// <summary>A backend dies with GETs: one that uses something up is not sent again.</summary>
public sealed class NeverRepeatTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync([("Pomegranate:Session:NeverRepeatPaths:0", "/exclusive/1")]);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task BackendDiesInTheRun_MarkedGetIsNotRunAgain_AnyOtherIs()
    {
        var (byPath, byEndpoint, other) = (new HeldOnce(), new HeldOnce(), new HeldOnce());
        Assert.Equal("1", _cluster.Code.Add(byPath.RunAsync));
        using var browser = await _cluster.NewBrowserHomedOnAsync("backend-1");
        var requests = new[]
        {
            browser.SendAsync(new(HttpMethod.Get, "/exclusive/1")),
            browser.SendAsync(new(HttpMethod.Get, $"/never/{_cluster.Code.Add(byEndpoint.RunAsync)}")),
            browser.SendAsync(new(HttpMethod.Get, browser.Path(other.RunAsync))),
        };
        await Task.WhenAll(byPath.Begun, byEndpoint.Begun, other.Begun).For("the app to have three requests");

        await _cluster.KillAsync("backend-1");
        var answers = await Task.WhenAll(requests).For("every request's answer");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (answers[0].Status, answers[1].Status));
        Assert.All(answers[..2], answer => Assert.Contains("may have run", answer.Text, StringComparison.Ordinal));
        Assert.Equal("run 2", answers[2].Ok());
        Assert.Equal((1, 1, 2), (byPath.Runs, byEndpoint.Runs, other.Runs));
    }

    /// <summary>The first run never ends; it leaves the session alone, so others run beside it.</summary>
    private sealed class HeldOnce
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _runs;

        public Task Begun => _begun.Task;

        public int Runs => _runs;

        public async Task RunAsync(HttpContext context)
        {
            var run = Interlocked.Increment(ref _runs);
            if (run == 1)
            {
                _begun.SetResult();
                await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
            }

            await context.Response.WriteAsync($"run {run}");
        }
    }
}
