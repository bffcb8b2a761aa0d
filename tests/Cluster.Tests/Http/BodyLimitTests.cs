using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Bodies through the frontend, up to their limits and over them.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class BodyLimitTests(SharedCluster shared)
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(SharedCluster.MaxRequestBodyBytes, false)]
    [InlineData(SharedCluster.MaxRequestBodyBytes, true)]
    public async Task RequestBody_UpToTheLimit_ArrivesWhole(int size, bool chunked)
    {
        using var browser = shared.Cluster.NewBrowser();
        var body = Pattern(size);

        var answer = await browser.SendAsync(Post(browser.Path(context => context.Request.Body.CopyToAsync(context.Response.Body)), body, chunked));

        answer.Ok();
        Assert.Equal(body, answer.Body);
    }

    [Theory]
    [InlineData(SharedCluster.MaxRequestBodyBytes + 1, false)]
    [InlineData(SharedCluster.MaxRequestBodyBytes + 1, true)]
    [InlineData(3 * SharedCluster.MaxRequestBodyBytes, true)]
    public async Task RequestBody_OverTheLimit_413NamesTheOption_AndTheAppNeverRuns(int size, bool chunked)
    {
        using var browser = shared.Cluster.NewBrowser();
        var hasRun = false;
        var path = browser.Path(_ =>
        {
            hasRun = true;
            return Task.CompletedTask;
        });

        var answer = await browser.SendAsync(Post(path, Pattern(size), chunked));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Contains("Pomegranate:Gateway:MaxRequestBodyBytes", answer.Text, StringComparison.Ordinal);
        Assert.False(hasRun);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResponseBody_AtTheLimit_ArrivesWhole(bool announced)
    {
        using var browser = shared.Cluster.NewBrowser();
        var body = Pattern(SharedCluster.MaxResponseBytes);

        var answer = await browser.RunAsync(context => WriteAsync(context, body, announced));

        answer.Ok();
        Assert.Equal(body, answer.Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResponseBody_OverTheLimit_502NamesTheOption(bool announced)
    {
        using var browser = shared.Cluster.NewBrowser();
        var body = Pattern(SharedCluster.MaxResponseBytes + 1);

        var answer = await browser.RunAsync(context => WriteAsync(context, body, announced));

        Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
        Assert.Contains("MaxResponseBytes", answer.Text, StringComparison.Ordinal);
        Assert.Contains($"{SharedCluster.MaxResponseBytes}", answer.Text, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(HttpContext context, byte[] body, bool announced)
    {
        if (announced)
        {
            context.Response.ContentLength = body.Length;
        }

        await context.Response.Body.WriteAsync(body.AsMemory(0, 10));
        await context.Response.Body.WriteAsync(body.AsMemory(10));
    }

    private static HttpRequestMessage Post(string path, byte[] body, bool chunked)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }

    /// <summary>Bytes that show a shift or a hole.</summary>
    private static byte[] Pattern(int size) => [.. Enumerable.Range(0, size).Select(n => (byte)(n % 251))];
}
