using Pomegranate.Backend.Sessions;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>Many requests of one session at once.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class ParallelRequestTests(SharedCluster shared)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exclusive_200ParallelIncrements_NoneIsLost(bool loadsFirst)
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("first", "");

        var path = browser.Path(async context =>
        {
            if (loadsFirst)
            {
                await context.Session.LoadAsync();
            }

            context.Session.SetInt32("count", (context.Session.GetInt32("count") ?? 0) + 1);
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => browser.SendAsync(new(HttpMethod.Get, path))));

        Assert.All(answers, answer => answer.Ok());
        Assert.Equal("200", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());
    }

    [Fact]
    public async Task Concurrent_100WritersOfDifferentAttributes_AllArePresent()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("first", "");

        var path = browser.Path(
            context =>
            {
                var number = context.Request.Query["number"].ToString();
                context.Session.SetString($"key-{number}", $"value-{number}");
                return Task.CompletedTask;
            },
            SessionAccess.Concurrent);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(number => browser.SendAsync(new(HttpMethod.Get, $"{path}?number={number}"))));

        Assert.All(answers, answer => answer.Ok());
        var found = (await browser.RunAsync(
            http => string.Join(' ', http.Session.Keys.Where(key => key != "first").Select(key => $"{key}={http.Session.GetString(key)}")))).Ok();
        Assert.Equal(
            Enumerable.Range(0, 100).Select(number => $"key-{number}=value-{number}").Order(StringComparer.Ordinal),
            found.Split(' ').Order(StringComparer.Ordinal));
    }
}
