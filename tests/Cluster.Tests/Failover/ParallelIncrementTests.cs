using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Failover;

/// <summary>A session's home dies amid many of its requests, each of which adds one to the same number.</summary>
public sealed class ParallelIncrementTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BackendDiesAmid200ParallelIncrements_EachCountsOnceAndNoneFails(bool withAHolder)
    {
        using var browser = await _cluster.NewBrowserHomedOnAsync("backend-1");
        var counted = new TaskCompletionSource();
        using var holder = withAHolder ? new HeldTurn(browser, context => Increment(context), HttpMethod.Get) : null;
        await (holder?.Begun ?? Task.CompletedTask);
        var path = browser.Path(context =>
        {
            if (Increment(context) == 50)
            {
                counted.TrySetResult();
            }

            return Task.CompletedTask;
        });
        var answers = Enumerable.Range(0, 200).Select(_ => browser.SendAsync(new(HttpMethod.Get, path))).ToList();
        await counted.Task.For("the fiftieth increment");

        await _cluster.KillAsync("backend-1");
        if (holder is not null)
        {
            (await holder.EndAsync()).Ok();
        }

        Assert.All(await Task.WhenAll(answers).For("the increments"), answer => answer.Ok());
        Assert.Equal(withAHolder ? "201" : "200", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());

        int Increment(HttpContext context)
        {
            var count = (context.Session.GetInt32("count") ?? 0) + 1;
            context.Session.SetInt32("count", count);
            return count;
        }
    }
}
