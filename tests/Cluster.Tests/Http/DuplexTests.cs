using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>A response that is under way while its request still is.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class DuplexTests(SharedCluster shared) : IDisposable
{
    private readonly Browser _browser = shared.Cluster.NewBrowser();
    private readonly TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Upload_AppAnswersFirstAndReadsAfterwards_GetsItAll()
    {
        // Over HTTP/2: HttpClient reads no HTTP/1.1 response before it has sent its request whole.
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(async context =>
        {
            await context.Response.WriteAsync("begun ");
            await context.Response.Body.FlushAsync();
            await _signal.Task;
            await context.Response.WriteAsync((await StreamedBody.CountAsync(context.Request.BodyReader)).ToString(null, null));
        });

        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new DuplexContent(StreamedBody.Bytes(StreamedBody.Many)),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await browser.BeginAsync(request).For("the head before the body was read");
        _signal.SetResult();

        Assert.Equal($"begun {StreamedBody.Many}", await response.Content.ReadAsStringAsync().For("the count of the upload"));
    }

    [Fact]
    public async Task Upload_ClientWaitsForAnAnswerToItsFirstBytes_GetsIt()
    {
        var path = _browser.Path(async context =>
        {
            var first = new byte[5];
            await context.Request.Body.ReadExactlyAsync(first);
            await context.Response.Body.WriteAsync(first);
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new DuplexContent("hello"u8.ToArray(), _signal.Task),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await browser.BeginAsync(request).For("the head while the upload is open");
        var echo = new byte[5];
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(echo).AsTask().For("the echo of the upload's first bytes");
        _signal.SetResult();

        Assert.Equal("hello"u8.ToArray(), echo);
    }

    /// <summary>Unlike ByteArrayContent it lets HttpClient read the response before it is sent.</summary>
    private sealed class DuplexContent(byte[] bytes, Task? rest = null) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
            await (rest ?? Task.CompletedTask);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
