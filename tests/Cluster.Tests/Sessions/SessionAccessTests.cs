using System.Net;
using Pomegranate.Backend.Sessions;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>Who waits for whom, and who may write.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class SessionAccessTests(SharedCluster shared)
{
    [Fact]
    public async Task ReadOnly_Write_ThrowsAndIsNotStored()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "before");

        var refused = await browser.RunAsync(
            http =>
            {
                var change = Assert.Throws<InvalidOperationException>(() => http.Session.SetString("key", "after"));
                Assert.Throws<InvalidOperationException>(() => http.Session.Remove("key"));
                Assert.Throws<InvalidOperationException>(http.Session.Clear);
                return change.Message;
            },
            SessionAccess.ReadOnly);

        Assert.Contains("SessionAccess.ReadOnly", refused.Ok(), StringComparison.Ordinal);
        Assert.Equal("before", await browser.ReadAsync("key"));
    }

    [Fact]
    public async Task Exclusive_TurnHeldByAnother_WaitsForIt()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "before");
        using var holder = new HeldTurn(browser, http => http.Session.SetString("key", "after"));
        await holder.Begun;

        var second = browser.RunAsync(http => http.Response.WriteAsync(http.Session.GetString("key")!), method: HttpMethod.Post);

        // The untouched request came later and is done: the second, which came before it, does wait.
        (await browser.RunAsync(_ => "")).Ok();
        Assert.False(second.IsCompleted);
        (await holder.EndAsync()).Ok();
        Assert.Equal("after", (await second.For("the second request, whose turn it is")).Ok());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Exclusive_TurnHeldForLong_AReaderIsAnsweredOnWhatIsCommitted(string holders)
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "before");
        using var holder = new HeldTurn(browser, http => http.Session.SetString("key", "after"), new HttpMethod(holders));
        await holder.Begun;

        Assert.Equal("before", await browser.ReadAsync("key").For("a reader that the holder does not keep"));
        (await holder.EndAsync()).Ok();
        Assert.Equal("after", await browser.ReadAsync("key"));
    }

    [Theory]
    [InlineData(SessionAccess.ReadOnly)]
    [InlineData(SessionAccess.Concurrent)]
    public async Task NotExclusive_TurnHeldByAnother_DoesNotWaitAndSeesWhatIsCommitted(SessionAccess access)
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "before");
        using var holder = new HeldTurn(browser, http => http.Session.SetString("key", "after"));
        await holder.Begun;

        var seen = await browser.RunAsync(http => http.Session.GetString("key")!, access).For("a request that waits for nobody");

        Assert.Equal("before", seen.Ok());
        (await holder.EndAsync()).Ok();
    }

    [Fact]
    public async Task SessionNeverTouched_TurnHeldByAnother_DoesNotWait()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        using var holder = new HeldTurn(browser, _ => { });
        await holder.Begun;

        Assert.Equal("free", (await browser.RunAsync(_ => "free").For("a request that does not touch the session")).Ok());
        (await holder.EndAsync()).Ok();
    }

    [Fact]
    public async Task Exclusive_TurnNotGivenUpInTime_503NamesTheOption()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        using var holder = new HeldTurn(browser, _ => { });
        await holder.Begun;

        var reason = "";
        var refused = await browser.RunAsync(
            async http =>
            {
                try
                {
                    await http.Session.LoadAsync();
                }
                catch (BadHttpRequestException failure)
                {
                    reason = failure.Message;
                    throw;
                }
            },
            method: HttpMethod.Post);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains("Pomegranate:Session:TurnTimeout", reason, StringComparison.Ordinal);
        (await holder.EndAsync()).Ok();
        Assert.Equal("value", await browser.ReadAsync("key"));
    }
}
