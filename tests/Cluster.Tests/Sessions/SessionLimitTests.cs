using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>What a session may weigh.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class SessionLimitTests(SharedCluster shared)
{
    [Fact]
    public async Task AttributeOverTheLimit_ThrowsAndTheSessionKeepsWhatItHad()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "before");

        var refusal = await browser.RunAsync(http =>
        {
            http.Session.SetString("same request", "kept");
            return Assert.Throws<InvalidOperationException>(
                () => http.Session.Set("key", new byte[SharedCluster.MaxAttributeBytes + 1])).Message;
        });

        Assert.Contains($"'key' has {SharedCluster.MaxAttributeBytes + 1} bytes", refusal.Ok(), StringComparison.Ordinal);
        Assert.Contains($"Pomegranate:Session:MaxAttributeBytes is {SharedCluster.MaxAttributeBytes}", refusal.Text, StringComparison.Ordinal);
        Assert.Equal("before", await browser.ReadAsync("key"));
        Assert.Equal("kept", await browser.ReadAsync("same request"));
    }

    [Fact]
    public async Task AttributeAtTheLimit_IsStored()
    {
        using var browser = shared.Cluster.NewBrowser();
        var value = new string('x', SharedCluster.MaxAttributeBytes);

        await browser.StoreAsync("key", value);

        Assert.Equal(value, await browser.ReadAsync("key"));
    }

    [Fact]
    public async Task SessionOverTheLimit_ThrowsAndTheSessionKeepsWhatItHad()
    {
        using var browser = shared.Cluster.NewBrowser();
        var value = new string('x', SharedCluster.MaxAttributeBytes - 100);
        var fitting = SharedCluster.MaxSessionBytes / SharedCluster.MaxAttributeBytes;
        for (var number = 0; number < fitting; number++)
        {
            await browser.StoreAsync($"key-{number}", value);
        }

        var refusal = await browser.RunAsync(
            http => Assert.Throws<InvalidOperationException>(() => http.Session.SetString("one more", value)).Message);

        Assert.Contains($"Pomegranate:Session:MaxSessionBytes is {SharedCluster.MaxSessionBytes}", refusal.Ok(), StringComparison.Ordinal);
        var keys = (await browser.RunAsync(http => string.Join(' ', http.Session.Keys.Order(StringComparer.Ordinal)))).Ok();
        Assert.Equal(string.Join(' ', Enumerable.Range(0, fitting).Select(number => $"key-{number}")), keys);
    }

    [Fact]
    public async Task AttributeReplacedOrRemoved_ItsBytesAreFree()
    {
        using var browser = shared.Cluster.NewBrowser();
        var value = new string('x', SharedCluster.MaxAttributeBytes);
        for (var round = 0; round < 2 * SharedCluster.MaxSessionBytes / SharedCluster.MaxAttributeBytes; round++)
        {
            await browser.StoreAsync("replaced", value);
            await browser.StoreAsync($"removed-{round}", value);
            (await browser.RunAsync(http =>
            {
                http.Session.Remove($"removed-{round}");
                return "";
            })).Ok();
        }

        Assert.Equal("replaced", (await browser.RunAsync(http => string.Join(' ', http.Session.Keys))).Ok());
    }
}
