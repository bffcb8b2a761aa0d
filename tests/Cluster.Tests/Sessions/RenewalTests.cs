using Pomegranate.Backend;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>Requests with the old id of a session whose id is renewed meanwhile, as at sign-in.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class RenewalTests(SharedCluster shared)
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task SignIn_RequestsThatWait_AreAnsweredAndTheirChangesFollow(string method)
    {
        const int waiting = 10;
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("first", "");
        var old = browser.SessionCookie!;
        using var tab = shared.Cluster.NewBrowser();
        tab.SessionCookie = old;
        using var signIn = new HeldTurn(browser, http =>
        {
            http.Session.SetString("user", "me");
            http.Session.RenewIdAsync().GetAwaiter().GetResult();
        });
        await signIn.Begun;
        var arrived = 0;
        var path = tab.Path(context =>
        {
            Interlocked.Increment(ref arrived);
            context.Session.SetInt32("count", (context.Session.GetInt32("count") ?? 0) + 1);
            return context.Response.WriteAsync(context.Session.GetString("user") ?? "(none)");
        });
        var tabs = Enumerable.Range(0, waiting).Select(_ => tab.SendAsync(new(new HttpMethod(method), path))).ToList();
        await Await.UntilAsync("the requests in the app", () => Task.FromResult(Volatile.Read(ref arrived)), seen => seen >= waiting);

        (await signIn.EndAsync()).Ok();
        var answers = await Task.WhenAll(tabs).For("the requests that wait");

        Assert.All(answers, answer => Assert.Equal("(none)", answer.Ok()));
        Assert.All(answers, answer => Assert.Empty(answer.SetCookies));
        Assert.NotEqual(old, browser.SessionCookie);
        Assert.Equal("me", await browser.ReadAsync("user"));
        Assert.Equal($"{waiting}", (await browser.RunAsync(http => $"{http.Session.GetInt32("count")}")).Ok());
    }

    [Fact]
    public async Task SignIn_RequestsSoonAfterWithTheOldId_OverwriteNeitherCookieNorSession()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("cart", "apples");
        using var tab = shared.Cluster.NewBrowser();
        tab.SessionCookie = browser.SessionCookie;
        (await browser.RunAsync(async http =>
        {
            http.Session.SetString("user", "me");
            await http.Session.RenewIdAsync();
        })).Ok();

        var late = await tab.RunAsync(http =>
        {
            http.Session.SetString("cart", "none of it");
            return http.Session.GetString("user") ?? "(none)";
        });

        Assert.Equal("(none)", late.Ok());
        Assert.Empty(late.SetCookies);
        Assert.Equal("me", await browser.ReadAsync("user"));
        Assert.Equal("apples", await browser.ReadAsync("cart"));
    }

    [Fact]
    public async Task SignIn_TwiceAtOnce_EachIsSignedIn()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("cart", "apples");
        using var again = shared.Cluster.NewBrowser();
        again.SessionCookie = browser.SessionCookie;
        var path = browser.Path(async http =>
        {
            http.Session.SetString("user", "me");
            await http.Session.RenewIdAsync();
        });

        var answers = await Task.WhenAll(browser.SendAsync(new(HttpMethod.Post, path)), again.SendAsync(new(HttpMethod.Post, path)));

        Assert.All(answers, answer => answer.Ok());
        Assert.NotEqual(browser.SessionCookie, again.SessionCookie);
        Assert.Equal(("me", "me"), (await browser.ReadAsync("user"), await again.ReadAsync("user")));
    }
}
