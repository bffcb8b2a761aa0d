using System.Net;
using Microsoft.Extensions.Options;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Mounts;

/// <summary>Routes that change while the frontend runs, and routes that are wrong.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class RouteReloadTests(SharedCluster shared)
{
    private const int RefusedEvent = 3012;
    private const int UnreadableEvent = 3013;

    [Fact]
    public async Task Routes_AddedAndRemovedWhileItRuns()
    {
        using var file = new SettingsFile(Routes("/one"));
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(http => http.Response.WriteAsync($"{http.Request.PathBase}"));
        Assert.Equal("/one", (await GetAsync(browser, "/one" + path)).Ok());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(browser, "/two" + path)).Status);

        file.Write(Routes("/one", "/two"));
        await Await.UntilAsync("the new route", () => GetAsync(browser, "/two" + path), answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal("/one", (await GetAsync(browser, "/one" + path)).Ok());

        file.Write(Routes("/two"));
        await Await.UntilAsync("the end of the old route", () => GetAsync(browser, "/one" + path), answer => answer.Status == HttpStatusCode.NotFound);
        Assert.Equal("/two", (await GetAsync(browser, "/two" + path)).Ok());
    }

    [Fact]
    public async Task AppsOptions_ChangedWhileItRuns()
    {
        using var file = new SettingsFile(Routes("/one"));
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = "/one" + browser.Path(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
        });
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(browser, path)).Status);

        file.Write(Routes("/one").Replace("\"ReverseProxy\"", "\"Pomegranate\": { \"Apps\": { \"default\": { \"MaxRequestBodyBytes\": 1 } } }, \"ReverseProxy\"", StringComparison.Ordinal));

        await Await.UntilAsync("the new limit", () => PostAsync(browser, path), answer => answer.Status == HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("{ \"ReverseProxy\": { \"Routes\":", UnreadableEvent, "mounts.json has changed but is not JSON")]
    [InlineData("{ }", RefusedEvent, "ReverseProxy:Routes has no routes any more")]
    [InlineData(
        "{ \"ReverseProxy\": { \"Routes\": { \"r\": { \"ClusterId\": \"shpo\", \"Match\": { \"Path\": \"/one\" } } } } }", RefusedEvent,
        "ReverseProxy:Routes:r:ClusterId is 'shpo' but must name an app; known are default.")]
    public async Task WrongChange_IsLogged_AndTheRoutesStay_UntilItIsRight(string wrong, int eventId, string reason)
    {
        using var file = new SettingsFile(Routes("/one"));
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(http => http.Response.WriteAsync("served"));
        var before = shared.Cluster.Log.Of(eventId).Length;

        file.Write(wrong);
        var logged = await Await.UntilAsync("the error in the log", () => Task.FromResult(shared.Cluster.Log.Of(eventId)), log => log.Length > before);
        Assert.Contains(reason, logged[^1], StringComparison.Ordinal);
        Assert.Equal("served", (await GetAsync(browser, "/one" + path)).Ok());

        file.Write(Routes("/one", "/two"));
        await Await.UntilAsync("the corrected routes", () => GetAsync(browser, "/two" + path), answer => answer.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task WrongRoutes_AtTheStart_RefusedWithAllThatIsWrong()
    {
        using var file = new SettingsFile("""
            {
              "Pomegranate": { "Apps": {
                "Shop!": {},
                "one": { "CookieName": "ones" }, "two": {},
                "three": { "RequestTimeout": "00:00:00", "StreamPort": 1 },
                "four": { "RequestTimeout": "soon" } } },
              "ReverseProxy": {
                "Clusters": { "plain": { "Destinations": { "a": { "Address": "http://127.0.0.1:1" } } }, "one": { "Destinations": { "a": { "Address": "http://127.0.0.1:1" } } }, "bare": {} },
                "Routes": {
                  "a": { "ClusterId": "oen", "Match": { "Path": "/a" } },
                  "b": { "ClusterId": "one", "Match": { "Path": "/{b" } },
                  "c": { "ClusterId": "one" },
                  "d": { "ClusterId": "one", "Match": { "Path": "/d" }, "RateLimiterPolicy": "slow" },
                  "e": { "ClusterId": "one", "Match": { "Path": "/e" }, "Transforms": [ { "PathBase": "e/" } ] },
                  "f": { "ClusterId": "plain", "Match": { "Path": "/f" }, "Transforms": [ { "PathBase": "/f" } ] },
                  "g": { "ClusterId": "one", "Match": { "Path": "/same" }, "MaxRequestBodySize": -2 },
                  "h": { "ClusterId": "two", "Match": { "Path": "/same/" }, "Transforms": [ { "PathRemvePrefix": "/e" } ] } } } }
            """);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => shared.Cluster.StartFrontendAsync(file.Path));

        var refusal = Assert.IsType<OptionsValidationException>(failure.GetBaseException());
        Assert.All(
            [
                "'Shop!' is no app's name",
                "Pomegranate:Apps:one:CookieName is set but an app has no such option",
                "Pomegranate:Apps:three:RequestTimeout is '00:00:00'",
                "Pomegranate:Apps:three:StreamPort is set but an app has no such option",
                "'Pomegranate:Apps:four:RequestTimeout'",
                "ReverseProxy:Clusters:one has the name of an app",
                "ReverseProxy:Clusters:bare has no Destinations",
                "ReverseProxy:Routes:a:ClusterId is 'oen'",
                "ReverseProxy:Routes:b: ",
                "ReverseProxy:Routes:c: ",
                "ReverseProxy:Routes:d:RateLimiterPolicy is 'slow'",
                "ReverseProxy:Routes:e: The transform PathBase is 'e/'",
                "ReverseProxy:Routes:f:Transforms has PathBase",
                "ReverseProxy:Routes:g:MaxRequestBodySize is '-2'",
                "'g', 'h' match the same requests",
                "ReverseProxy:Routes:h: ",
            ],
            reason => Assert.Contains(refusal.Failures, said => said.Contains(reason, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task BackendOfABadlyNamedApp_DoesNotStart()
    {
        await using var app = TestApp.Build(
            new AppCode(), [new("Pomegranate:Cluster:Seeds:0", "127.0.0.1:1"), new("Pomegranate:Cluster:App", "My Shop")]);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync().For("the refusal of a bad name"));

        Assert.Contains("Pomegranate:Cluster:App is 'My Shop' but must be 1 to 40 lower-case letters", failure.ToString(), StringComparison.Ordinal);
    }

    private static string Routes(params string[] paths)
    {
        var routes = paths.Select(path => $$"""
            "{{path[1..]}}": { "ClusterId": "default", "Match": { "Path": "{{path}}/{**rest}" }, "Transforms": [ { "PathBase": "{{path}}" } ] }
            """);
        return $$"""{ "ReverseProxy": { "Routes": { {{string.Join(", ", routes)}} } } }""";
    }

    private static Task<Answer> PostAsync(Browser browser, string path) => browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("abc") });

    private static Task<Answer> GetAsync(Browser browser, string path) => browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, path));
}
