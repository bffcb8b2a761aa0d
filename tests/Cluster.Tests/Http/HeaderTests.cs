using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Which headers pass the frontend.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class HeaderTests(SharedCluster shared)
{
    [Fact]
    public async Task Request_HopByHopHeaders_DoNotReachTheApp()
    {
        using var browser = shared.Cluster.NewBrowser();
        var path = browser.Path(context => context.Response.WriteAsync(
            string.Join(", ", context.Request.Headers.Select(header => header.Key).Order(StringComparer.OrdinalIgnoreCase))));

        var response = await RawHttp.SendAsync(shared.Cluster.Frontend.Address, $"""
            GET {path} HTTP/1.1
            Host: shop.example
            Connection: close, Keep-Alive
            Keep-Alive: timeout=5
            Proxy-Connection: keep-alive
            Proxy-Authorization: Basic c2VjcmV0
            X-Custom: passes
            """);

        Assert.EndsWith("\r\n\r\nForwarded, Host, X-Custom, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_HopByHopHeaders_DoNotReachTheClient()
    {
        using var browser = shared.Cluster.NewBrowser();
        var path = browser.Path(context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers.KeepAlive = "timeout=5";
            context.Response.Headers["Proxy-Connection"] = "keep-alive";
            context.Response.Headers.ProxyAuthenticate = "Basic";
            context.Response.Headers.Upgrade = "h2c";
            context.Response.Headers["X-Custom"] = "passes";
            return Task.CompletedTask;
        });

        var response = await RawHttp.SendAsync(shared.Cluster.Frontend.Address, $"""
            GET {path} HTTP/1.1
            Host: shop.example
            Connection: close
            """);

        var names = response.Split("\r\n\r\n")[0].Split("\r\n").Skip(1).Select(line => line.Split(':')[0]).Order(StringComparer.OrdinalIgnoreCase);

        // The one Connection is the frontend's own.
        Assert.Equal(["Connection", "Content-Length", "Date", "X-Custom"], names);
        Assert.Contains("Connection: close\r\n", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_SeveralCookiesAndTheSessions_AllReachTheClient()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(http =>
        {
            foreach (var number in Enumerable.Range(0, 5))
            {
                http.Response.Cookies.Append($"cookie-{number}", $"value-{number}");
            }

            http.Session.SetString("key", "value");
            return "";
        });

        answer.Ok();
        Assert.Equal(
            [
                .. Enumerable.Range(0, 5).Select(number => $"cookie-{number}=value-{number}; path=/"),
                $".Pomegranate.Session={browser.SessionCookie}; path=/; samesite=lax; httponly",
            ],
            answer.SetCookies);
    }

    [Fact]
    public async Task Request_TargetAndRepeatedHeaders_ReachTheAppAsSent()
    {
        using var browser = shared.Cluster.NewBrowser();
        var path = browser.Path(context => context.Response.WriteAsync(
            $"{context.Request.Path.Value} {context.Request.QueryString} {string.Join('|', context.Request.Headers["X-Twice"].AsEnumerable())}"));

        var response = await RawHttp.SendAsync(shared.Cluster.Frontend.Address, $"""
            GET {path}/a%20b//c%2Fd?x=%41&x=%zz HTTP/1.1
            Host: shop.example
            X-Twice: one
            X-Twice: two
            Connection: close
            """);

        Assert.EndsWith($"\r\n\r\n{path}/a b//c%2Fd ?x=%41&x=%zz one|two", response, StringComparison.Ordinal);
    }
}
