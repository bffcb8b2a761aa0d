using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Who stops waiting, and that the app hears of it.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class WaitingTests(SharedCluster shared)
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task AppAnswersTooLate_504NamesTheOption_AndRequestAbortedFires()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:RequestTimeout", "00:00:01"));
        using var browser = shared.Cluster.NewBrowser(frontend);

        var answer = await browser.RunAsync(WaitForAbortAsync);

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Contains("Pomegranate:Gateway:RequestTimeout", answer.Text, StringComparison.Ordinal);
        await _aborted.Task.For("RequestAborted after the gateway's timeout");
    }

    [Fact]
    public async Task ClientLeaves_RequestAbortedFires()
    {
        using var browser = shared.Cluster.NewBrowser();
        using var leave = new CancellationTokenSource();
        var request = browser.SendAsync(new(HttpMethod.Get, browser.Path(WaitForAbortAsync)), leave.Token);
        await _begun.Task.For("the request in the app");

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await _aborted.Task.For("RequestAborted after the client left");
    }

    [Fact]
    public async Task ClientLeavesWhileItHoldsTheTurn_NextRequestGetsIt()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        using var leave = new CancellationTokenSource();
        var path = browser.Path(async context =>
        {
            await context.Session.LoadAsync();
            await WaitForAbortAsync(context);
        });
        var request = browser.SendAsync(new(HttpMethod.Get, path), leave.Token);
        await _begun.Task.For("the request that holds the turn");

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.Equal("value", await browser.ReadAsync("key"));
    }

    private async Task WaitForAbortAsync(HttpContext context)
    {
        await using var registration = context.RequestAborted.Register(() => _aborted.TrySetResult());
        _begun.TrySetResult();
        await _aborted.Task;
    }
}
