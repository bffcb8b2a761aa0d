using System.Diagnostics;
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

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Exclusive_200ParallelIncrements_WithALongHolderAmongThem_NoneIsLostAndNobodyIsRefused(string holders)
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("first", "");
        using var holder = new HeldTurn(browser, Increment, new HttpMethod(holders));
        await holder.Begun;

        var path = browser.Path(context =>
        {
            Increment(context);
            return Task.CompletedTask;
        });
        var answers = Enumerable.Range(0, 200).Select(
            number => browser.SendAsync(new(number % 2 == 0 ? HttpMethod.Get : HttpMethod.Post, path))).ToList();

        // Answered beside the holder, so the others have had the time to be so too.
        await browser.ReadAsync("first").For("a reader beside the holder");
        (await holder.EndAsync()).Ok();
        Assert.All(await Task.WhenAll(answers).For("the increments"), answer => answer.Ok());
        Assert.Equal("201", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());
    }

    [Theory]
    [InlineData("GET", "GET")]
    [InlineData("GET", "POST")]
    [InlineData("POST", "GET")]
    [InlineData("POST", "POST")]
    public async Task Exclusive_ACallToTheAppsOwnSite_DoesNotWaitForItsCaller(string outer, string inner)
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("first", "");
        var innerPath = browser.Path(context =>
        {
            Increment(context);
            return Task.CompletedTask;
        });

        var answer = await browser.RunAsync(
            async context =>
            {
                // This app has no logging, so the framework begins no trace for it.
                using var trace = new Activity("outer").SetIdFormat(ActivityIdFormat.W3C).Start();
                var before = context.Session.GetString("first");
                using var site = new HttpClient(new SocketsHttpHandler { UseCookies = false });
                var calls = Enumerable.Range(0, 5).Select(async _ =>
                {
                    var call = new HttpRequestMessage(new HttpMethod(inner), $"http://{context.Request.Host}{innerPath}");
                    call.Headers.Add("Cookie", context.Request.Headers.Cookie.ToString());
                    (await site.SendAsync(call)).EnsureSuccessStatusCode();
                });
                await Task.WhenAll(calls);
                Increment(context);
                await context.Response.WriteAsync($"{before}{context.Session.GetInt32("count")}");
            },
            method: new HttpMethod(outer)).For("the outer request");

        Assert.Equal("6", answer.Ok());
        Assert.Equal("6", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());
    }

    private static void Increment(HttpContext context) => context.Session.SetInt32("count", (context.Session.GetInt32("count") ?? 0) + 1);

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
