using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Request bodies that do not fit a message, and how they end when nobody wants them or somebody leaves.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class UploadTests(SharedCluster shared) : IDisposable
{
    private readonly Browser _browser = shared.Cluster.NewBrowser();
    private readonly TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(5, true)]
    [InlineData(SharedCluster.InlineBytes, false)]
    [InlineData(SharedCluster.InlineBytes, true)]
    [InlineData(SharedCluster.InlineBytes + 1, false)]
    [InlineData(SharedCluster.InlineBytes + 1, true)]
    [InlineData(StreamedBody.Many, false)]
    [InlineData(StreamedBody.Many, true)]
    public async Task Upload_OfAnySize_ArrivesWhole(int size, bool chunked)
    {
        var body = StreamedBody.Bytes(size);
        var answer = await _browser.SendAsync(Post(
            _browser.Path(async context => await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)))), body, chunked));

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), answer.Ok());
    }

    [Fact]
    public async Task Upload_AppAnswersWithoutReading_IsAnswered()
    {
        var answer = await _browser.SendAsync(Post(_browser.Path(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }), StreamedBody.Bytes(300 * 1024), chunked: false)).For("the answer to an upload that nobody reads");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
    }

    [Fact]
    public async Task Upload_OverTheAppsOwnLimit_413()
    {
        foreach (var chunked in (bool[])[false, true])
        {
            var answer = await _browser.SendAsync(Post(_browser.Path(async context =>
            {
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 100_000;
                await context.Request.Body.CopyToAsync(Stream.Null);
            }), StreamedBody.Bytes(200_000), chunked)).For("the refusal");

            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        }
    }

    [Fact]
    public async Task Upload_OverTheFrontendsLimit_413()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:MaxRequestBodyBytes", "1000"));
        using var browser = shared.Cluster.NewBrowser(frontend);

        var answer = await browser.SendAsync(Post(browser.Path(context => context.Request.Body.CopyToAsync(Stream.Null)), StreamedBody.Bytes(1001), chunked: true));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    [Fact]
    public async Task Upload_ClientWaitsForTheGoAhead_GetsItWhenTheAppReads()
    {
        var request = Post(_browser.Path(async context => await context.Response.WriteAsync($"{await StreamedBody.CountAsync(context.Request.BodyReader)}")), StreamedBody.Bytes(200_000), chunked: false);
        request.Headers.ExpectContinue = true;

        Assert.Equal("200000", (await _browser.SendAsync(request).For("the answer")).Ok());
    }

    [Fact]
    public async Task Upload_ClientLeavesInTheMiddle_RequestAbortedFires()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var path = _browser.Path(async context =>
        {
            context.RequestAborted.Register(() => _signal.TrySetResult());
            await context.Request.Body.ReadExactlyAsync(new byte[SharedCluster.InlineBytes]);
            begun.SetResult();
            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        var upload = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await upload.Writer.WriteAsync(new byte[3 * SharedCluster.InlineBytes]);
        using var leave = new CancellationTokenSource();
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(upload.Reader.AsStream()) };
        request.Headers.TransferEncodingChunked = true;
        var sending = _browser.SendAsync(request, leave.Token);
        await begun.Task.For("the upload's beginning in the app");

        await leave.CancelAsync();

        await _signal.Task.For("RequestAborted after the client left");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    private static HttpRequestMessage Post(string path, byte[] body, bool chunked)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }
}
