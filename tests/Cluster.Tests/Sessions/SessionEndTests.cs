using Pomegranate.Backend;
using Pomegranate.Backend.Sessions;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>Sessions end by expiry or by the app's will, and the app is told once.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class SessionEndTests(SharedCluster shared)
{
    private TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task IdleForTheTimeout_SessionIsGone()
    {
        using var browser = Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var expired = browser.SessionCookie;

        Cluster.Clock.Advance(SharedCluster.IdleTimeout + TimeSpan.FromSeconds(1));

        Assert.Equal("(none)", await browser.ReadAsync("key"));
        await browser.StoreAsync("key", "new");
        Assert.NotEqual(expired, browser.SessionCookie);
    }

    [Fact]
    public async Task UsedBeforeTheTimeout_SessionLives()
    {
        using var browser = Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");

        for (var use = 0; use < 3; use++)
        {
            Cluster.Clock.Advance(SharedCluster.IdleTimeout * 0.9);
            Assert.Equal("value", await browser.ReadAsync("key"));
        }

        Assert.Empty(Cluster.Ended.Of(browser.SessionCookie!));
    }

    [Fact]
    public async Task Expiry_AppIsToldOnce()
    {
        using var browser = Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");

        Cluster.Clock.Advance(SharedCluster.IdleTimeout + TimeSpan.FromSeconds(1));

        await AssertToldOnceAsync(browser.SessionCookie!, SessionEndReason.Expired);
    }

    [Fact]
    public async Task Abandon_AppIsToldOnce()
    {
        using var browser = Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var id = browser.SessionCookie!;

        (await browser.RunAsync(http => http.Session.AbandonAsync())).Ok();

        // Were the abandoned session still anybody's, it would expire now.
        Cluster.Clock.Advance(SharedCluster.IdleTimeout + TimeSpan.FromSeconds(1));
        await AssertToldOnceAsync(id, SessionEndReason.Abandoned);
    }

    private async Task AssertToldOnceAsync(string id, SessionEndReason reason)
    {
        await Await.UntilAsync($"the app is told of the end of session {id}", () => Task.FromResult(Cluster.Ended.Of(id).Length), count => count > 0);

        // Another home's sweep would have told by the time a later session of every home has ended.
        await ExpireOneMoreOnEachBackendAsync();
        Assert.Equal(reason, Assert.Single(Cluster.Ended.Of(id)).Reason);
    }

    private async Task ExpireOneMoreOnEachBackendAsync()
    {
        using var one = await Cluster.NewBrowserHomedOnAsync("backend-1");
        using var other = await Cluster.NewBrowserHomedOnAsync("backend-2");

        Cluster.Clock.Advance(SharedCluster.IdleTimeout + TimeSpan.FromSeconds(1));
        foreach (var id in (string[])[one.SessionCookie!, other.SessionCookie!])
        {
            await Await.UntilAsync(
                $"the later session {id} has expired", () => Task.FromResult(Cluster.Ended.Of(id).Length), count => count > 0);
        }
    }
}
