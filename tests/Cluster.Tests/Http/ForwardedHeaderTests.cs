using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>What the app is told of the client.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class ForwardedHeaderTests(SharedCluster shared)
{
    private const string Asked = "X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded-Prefix Forwarded";

    [Fact]
    public async Task ClientForgesThem_AppSeesTheConnectionsFacts()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.SendAsync(Forged(browser));

        var host = shared.Cluster.Frontend.Address.Authority;
        Assert.Equal($"127.0.0.1|http|{host}||proto=http;host=\"{host}\";for=127.0.0.1; 127.0.0.1 http {host}", answer.Ok());
    }

    [Fact]
    public async Task TrustedProxySaysThem_AppSeesTheClientsFactsAndTheCookieIsSecure()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:TrustedProxies:0", "127.0.0.0/8"));
        using var browser = shared.Cluster.NewBrowser(frontend);

        var answer = await browser.SendAsync(Forged(browser));

        Assert.Equal("203.0.113.7|https|shop.example||proto=https;host=\"shop.example\";for=203.0.113.7; 203.0.113.7 https shop.example", answer.Ok());
        Assert.Contains("; secure", Assert.Single(answer.SetCookies), StringComparison.Ordinal);
    }

    private static HttpRequestMessage Forged(Browser browser)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, browser.Path(context =>
        {
            context.Session.SetString("key", "value");
            var headers = string.Join('|', Asked.Split(' ').Select(name => context.Request.Headers[name].ToString()));
            return context.Response.WriteAsync(
                $"{headers}; {context.Connection.RemoteIpAddress} {context.Request.Scheme} {context.Request.Host}");
        }));
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "shop.example");
        request.Headers.Add("Forwarded", "for=198.51.100.1;host=forged.example;proto=https");
        return request;
    }
}
