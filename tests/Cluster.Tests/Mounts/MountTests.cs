using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Mounts;

/// <summary>Several apps behind one frontend: each has its own backends, sessions, cookie and limits.</summary>
public sealed class MountTests(MountedCluster mounted) : IClassFixture<MountedCluster>
{
    private const string ShopCookie = ".Pomegranate.Session.shop";

    [Fact]
    public async Task Path_LeadsToItsApp_WhichSeesItsPathBase()
    {
        using var browser = Browser();
        RequestDelegate app = http => http.Response.WriteAsync(
            $"{Harness.Browser.NodeOf(http)[..4]} {http.Request.PathBase} {http.Request.Path.Value!.Split('/')[1]} {http.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('/')[1]}");

        Assert.Equal("shop /shop exclusive shop", (await GetAsync(browser, "/shop" + browser.Path(app))).Ok());
        Assert.Equal("shop /SHOP exclusive SHOP", (await GetAsync(browser, "/SHOP" + browser.Path(app))).Ok());
        Assert.Equal("back  exclusive exclusive", (await GetAsync(browser, browser.Path(app))).Ok());
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("X-Forwarded-Host")]
    public async Task Host_LeadsToItsApp(string header)
    {
        using var browser = Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, browser.Path(http => http.Response.WriteAsync($"{Harness.Browser.NodeOf(http)[..4]} {http.Request.Host}")));
        request.Headers.TryAddWithoutValidation(header, "shop.test");

        Assert.Equal("shop shop.test", (await browser.SendAsync(request)).Ok());
    }

    [Fact]
    public async Task Transforms_ChangeWhatTheAppSees_AndLeaveTheRestAsSent()
    {
        using var browser = Browser();
        var path = browser.Path(http => http.Response.WriteAsync(http.Features.Get<IHttpRequestFeature>()!.RawTarget));

        Assert.Equal($"{path}/a%2Fb%21c?x=1&added=1", (await GetAsync(browser, $"/cut{path}/a%2Fb%21c?x=1")).Ok());
    }

    [Fact]
    public async Task Sessions_OfOneAppAreNeverTheOthers()
    {
        using var browser = Browser();
        await StoreAsync(browser, "", "portal's");
        await StoreAsync(browser, "/shop", "shop's");

        Assert.Equal("portal's", await ReadAsync(browser, ""));
        Assert.Equal("shop's", await ReadAsync(browser, "/shop"));
        var (portals, shops) = (browser.SessionCookie!, browser.CookieNamed(ShopCookie)!);
        Assert.NotEqual(portals, shops);
        Assert.Equal("True, True, False, False", string.Join(", ", await TestCluster.ReplicasWithAsync(portals, [.. mounted.Cluster.Backends, .. mounted.Shop])));
        Assert.Equal("False, False, True, True", string.Join(", ", await TestCluster.ReplicasWithAsync(shops, [.. mounted.Cluster.Backends, .. mounted.Shop])));

        // A session's id under the other app's cookie is nobody's there.
        using var forger = Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/shop" + Reading(forger));
        request.Headers.Add("Cookie", $"{ShopCookie}={portals}");
        Assert.Equal("(none)", (await forger.SendAsync(request)).Ok());
    }

    [Fact]
    public async Task Keys_OfOneAppDoNotOpenTheOthersSecrets()
    {
        using var browser = Browser();
        var secret = (await GetAsync(browser, "/shop" + browser.Path(http => http.Response.WriteAsync(Protector(http).Protect("plums"))))).Ok();

        Assert.Equal("plums", (await GetAsync(browser, "/shop" + browser.Path(http => http.Response.WriteAsync(Protector(http).Unprotect(secret))))).Ok());
        Assert.Equal("CryptographicException", (await browser.RunAsync(http =>
        {
            try
            {
                return Protector(http).Unprotect(secret);
            }
            catch (System.Security.Cryptography.CryptographicException refused)
            {
                return refused.GetType().Name;
            }
        })).Ok());

        static IDataProtector Protector(HttpContext http) => http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
    }

    [Fact]
    public async Task Body_OverTheAppsLimit_413_AndOverTheRoutes()
    {
        using var browser = Browser();
        RequestDelegate length = async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            await http.Response.WriteAsync($"{body.Length}");
        };

        Assert.Equal("1000", (await PostAsync("/shop", MountedCluster.MaxBodyBytes)).Ok());
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync("/shop", MountedCluster.MaxBodyBytes + 1)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync("/cut", 11)).Status);
        Assert.Equal("100000", (await PostAsync("", 100_000)).Ok());

        Task<Answer> PostAsync(string mount, int bytes) =>
            browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, mount + browser.Path(length)) { Content = new ByteArrayContent(new byte[bytes]) });
    }

    [Fact]
    public async Task Silence_OverTheAppsTimeLimit_504()
    {
        using var browser = Browser();

        var answer = await GetAsync(browser, "/shop" + browser.Path(http => Task.Delay(Timeout.Infinite, http.RequestAborted)));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Contains("Pomegranate:Apps:shop:RequestTimeout", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_OverTheRoutesTimeLimit_504AndTheAppIsTold()
    {
        using var browser = Browser();
        var told = new TaskCompletionSource();

        var answer = await GetAsync(browser, "/hurry" + browser.Path(async http =>
        {
            http.RequestAborted.Register(told.SetResult);
            await told.Task;
        }));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Contains("ReverseProxy:Routes:hurry:Timeout", answer.Text, StringComparison.Ordinal);
        await told.Task.For("the app to be told");
    }

    [Fact]
    public async Task Requests_OverTheAppsNumber_503_WhileOthersAreServed()
    {
        using var browser = Browser();
        var (running, open) = (new CountdownEvent(MountedCluster.MaxConcurrent), new TaskCompletionSource());
        var path = browser.Path(async http =>
        {
            running.Signal();
            await open.Task;
            await http.Response.WriteAsync("done");
        });
        var held = Enumerable.Range(0, MountedCluster.MaxConcurrent).Select(_ => GetAsync(browser, "/shop" + path)).ToArray();
        await Task.Run(running.Wait).For("as many requests as may run");

        var refused = await GetAsync(browser, "/shop" + browser.Path(http => http.Response.WriteAsync("one too many")));
        var other = await browser.RunAsync(_ => "served");
        open.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains("Pomegranate:Apps:shop:MaxAppRequests", refused.Text, StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("served", other.Ok());
        Assert.All(await Task.WhenAll(held), answer => Assert.Equal("done", answer.Ok()));
        Assert.Equal("again", (await GetAsync(browser, "/shop" + browser.Path(http => http.Response.WriteAsync("again")))).Ok());
    }

    [Fact]
    public async Task AppWithoutBackends_503SaysWhich_AndTheFrontendStaysInService()
    {
        using var browser = Browser();

        var answer = await GetAsync(browser, "/nobody/at-home");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains("No backend of app 'nobody' is up", answer.Text, StringComparison.Ordinal);
        Assert.Equal("Degraded", (await Await.UntilAsync(
            "a frontend in service", () => GetAsync(browser, "/healthz"), health => health.Status == HttpStatusCode.OK)).Text);
        Assert.Equal("served", (await browser.RunAsync(_ => "served")).Ok());
    }

    [Fact]
    public async Task ServerOutsideTheCluster_IsReachedByYarpsOwnWay()
    {
        using var browser = Browser();

        Assert.Equal("legacy /legacy/x for 127.0.0.1", (await GetAsync(browser, "/legacy/x")).Ok());
    }

    [Fact]
    public async Task BackendOfOneAppDies_ItsSessionsMoveAmongThem_AndTheOtherAppNoticesNothing()
    {
        await using var frontend = await mounted.StartFrontendAsync("""
            {
              "Pomegranate": { "Apps": { "brief": {} } },
              "ReverseProxy": { "Routes": {
                "brief": { "ClusterId": "brief", "Match": { "Path": "/brief/{**rest}" }, "Transforms": [ { "PathBase": "/brief" } ] },
                "rest": { "ClusterId": "default", "Match": { "Path": "{**rest}" } } } }
            }
            """);
        var one = await mounted.Cluster.StartBackendAsync("brief-1", ("Pomegranate:Cluster:App", "brief"));
        var other = await mounted.Cluster.StartBackendAsync("brief-2", ("Pomegranate:Cluster:App", "brief"));
        using var browser = mounted.Cluster.NewBrowser(frontend);
        await Await.UntilAsync(
            "the frontend to know of the app's backends", () => GetAsync(browser, "/brief" + Reading(browser)), answer => answer.Status == HttpStatusCode.OK);
        await StoreAsync(browser, "", "portal's");
        var portals = browser.SessionCookie!;
        await StoreAsync(browser, "/brief", "brief's");

        await mounted.Cluster.KillAsync(one);

        Assert.Equal("brief's", await ReadAsync(browser, "/brief"));
        Assert.Equal("True", string.Join(", ", await TestCluster.ReplicasWithAsync(browser.CookieNamed(".Pomegranate.Session.brief")!, [other])));
        Assert.Equal("portal's", await ReadAsync(browser, ""));

        await mounted.Cluster.StopBackendAsync(other);

        var gone = await Await.UntilAsync(
            "the frontend to know that the app is gone", () => GetAsync(browser, "/brief/x"), answer => answer.Text.StartsWith("No backend of app 'brief'", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, gone.Status);
        Assert.Equal("portal's", await ReadAsync(browser, ""));
        Assert.Equal(portals, browser.SessionCookie);
    }

    private Browser Browser() => mounted.Cluster.NewBrowser(mounted.Frontend);

    private static Task<Answer> GetAsync(Browser browser, string path) => browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    private static string Reading(Browser browser) => browser.Path(http => http.Response.WriteAsync(http.Session.GetString("owner") ?? "(none)"));

    private static async Task<string> ReadAsync(Browser browser, string mount) => (await GetAsync(browser, mount + Reading(browser))).Ok();

    private static async Task StoreAsync(Browser browser, string mount, string owner) => (await GetAsync(browser, mount + browser.Path(http =>
    {
        http.Session.SetString("owner", owner);
        return Task.CompletedTask;
    }))).Ok();
}
