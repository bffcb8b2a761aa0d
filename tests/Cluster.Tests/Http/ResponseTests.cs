using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Responses that are not a plain 200 with a body.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class ResponseTests(SharedCluster shared)
{
    [Fact]
    public async Task Head_HasTheHeadersAndNoBody()
    {
        using var browser = shared.Cluster.NewBrowser();
        var path = browser.Path(context =>
        {
            context.Response.ContentLength = 5;
            return context.Response.WriteAsync(context.Request.Method + "!");
        });

        var answer = await browser.SendAsync(new(HttpMethod.Head, path));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(5, answer.ContentHeaders.ContentLength);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task StatusWithoutBody_HasHeadersAndNoBody(int status)
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.ETag = "\"7\"";
            return Task.CompletedTask;
        });

        Assert.Equal(status, (int)answer.Status);
        Assert.Equal("\"7\"", answer.Headers.ETag?.Tag);
        Assert.Empty(answer.Body);

        // The connection is still in step: a body that was sent after all would be read as the next response.
        Assert.Equal("next", (await browser.RunAsync(_ => "next")).Ok());
    }

    [Theory]
    [InlineData(201)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(503)]
    [InlineData(599)]
    public async Task StatusOfTheApp_PassesWithItsBody(int status)
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.Location = "/elsewhere";
            return "the app's own";
        });

        Assert.Equal($"{status}: the app's own", answer.ToString());
        Assert.Equal("/elsewhere", answer.Headers.Location?.OriginalString);

        // Only the frontend's own refusals ask to retry.
        Assert.Null(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task AppThrows_500AndTheNextRequestIsServed()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");

        var answer = await browser.RunAsync((RequestDelegate)(_ => throw new InvalidOperationException("a secret of the app's")));

        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.Equal("value", await browser.ReadAsync("key"));
    }

    [Fact]
    public async Task AppThrowsAmidItsResponse_ConnectionIsCut()
    {
        using var browser = shared.Cluster.NewBrowser();

        await Assert.ThrowsAsync<HttpRequestException>(() => browser.RunAsync(async http =>
        {
            await http.Response.WriteAsync("half of what was to");
            throw new InvalidOperationException("The app fails.");
        }));
    }
}
