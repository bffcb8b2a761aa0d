using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>The edge's parts are in the frontend: that each does what it should is tested without a cluster.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class EdgePartsTests(SharedCluster shared)
{
    [Fact]
    public async Task CompressionOn_AppsTextIsCompressedAndAppSeesWhatTheClientAccepts()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:CompressResponses", "true"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        using var request = new HttpRequestMessage(HttpMethod.Get, browser.Path(http =>
        {
            Assert.Equal("gzip", http.Request.Headers.AcceptEncoding);
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync(new string('a', 5000));
        }));
        request.Headers.Add("Accept-Encoding", "gzip");

        var answer = await browser.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "gzip"), (answer.Status, string.Join(',', answer.ContentHeaders.ContentEncoding)));
    }

    [Fact]
    public async Task AccessLogOn_RequestIsLoggedWithTheAppsStatusAndTheClientsAddress()
    {
        using var log = new AccessLogFiles();
        await using var frontend = await shared.Cluster.StartFrontendAsync(
            ("Pomegranate:Gateway:AccessLogDirectory", log.Directory), ("Pomegranate:Gateway:TrustedProxies:0", "127.0.0.0/8"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        using var request = new HttpRequestMessage(HttpMethod.Get, browser.Path(http =>
        {
            http.Response.StatusCode = 418;
            return Task.CompletedTask;
        }));
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");

        Assert.Equal(418, (int)(await browser.SendAsync(request)).Status);

        var line = Assert.Single(await log.LinesAsync(1));
        Assert.Equal(("203.0.113.7", "GET", "418"), (line["c-ip"], line["cs-method"], line["sc-status"]));
    }

    [Fact]
    public async Task KestrelLimits_AreReadAndTheGatewaysOwnBodyLimitStays()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(
            ("Kestrel:Limits:MaxRequestLineSize", "100"), ("Kestrel:Limits:MaxRequestBodySize", "1"));
        using var browser = shared.Cluster.NewBrowser(frontend);

        using var post = new HttpRequestMessage(HttpMethod.Post, browser.Path(http => http.Response.WriteAsync("taken")));
        post.Content = new ByteArrayContent(new byte[100]);
        Assert.Equal("taken", (await browser.SendAsync(post)).Ok());
        using var longLine = new HttpRequestMessage(HttpMethod.Get, "/" + new string('a', 200));
        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await browser.SendAsync(longLine)).Status);
    }
}
