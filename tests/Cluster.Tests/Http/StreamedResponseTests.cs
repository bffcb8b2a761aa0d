using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Responses that do not fit a message or have no end yet, and how they end when somebody leaves.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class StreamedResponseTests(SharedCluster shared) : IDisposable
{
    private readonly Browser _browser = shared.Cluster.NewBrowser();
    private readonly TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_LengthKnownOrNot_SaysWhatKestrelWouldSay(bool announced)
    {
        var answer = await _browser.RunAsync(async context =>
        {
            context.Response.ContentLength = announced ? StreamedBody.Many : null;
            for (var sent = 0; sent < StreamedBody.Many; sent += 64 * 1024)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
            }
        });

        answer.Ok();
        Assert.Equal(StreamedBody.Many, answer.Body.Length);
        Assert.Equal(announced ? null : true, answer.Headers.TransferEncodingChunked);
    }

    [Fact]
    public async Task Feed_EachFlushArrivesBeforeTheNextIsWritten()
    {
        var path = _browser.Path(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Session.SetString("seen", "the feed");
            await context.Response.WriteAsync("data: 1\n\n");
            await _signal.Task;
            await context.Response.WriteAsync("data: 2\n\n");
        });

        using var response = await _browser.BeginAsync(new(HttpMethod.Get, path)).For("the feed's head");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: 1", await lines.ReadLineAsync().For("the first event"));

        // The feed is open and the session is free: committed before the first byte.
        Assert.Equal("the feed", await _browser.ReadAsync("seen"));
        _signal.SetResult();

        Assert.Equal("\ndata: 2\n\n", await lines.ReadToEndAsync().For("the end of the feed"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(SharedCluster.InlineBytes * 2)]
    public async Task Piece_OfAnAnnouncedLength_LeavesBeforeTheRest(int length)
    {
        var path = _browser.Path(async context =>
        {
            context.Response.ContentLength = length;
            await context.Response.WriteAsync("a");
            await _signal.Task;
            await context.Response.Body.WriteAsync(new byte[length - 1]);
        });

        using var response = await _browser.BeginAsync(new(HttpMethod.Get, path)).For("the head");
        var piece = new byte[1];
        var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(piece).AsTask().For("the piece that was flushed");
        _signal.SetResult();

        Assert.Equal("a"u8.ToArray(), piece);
        Assert.Equal(length, response.Content.Headers.ContentLength);
        var rest = new MemoryStream();
        await body.CopyToAsync(rest).For("the rest");
        Assert.Equal(length - 1, rest.Length);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(4)]
    public async Task StartAsync_TheHeadLeavesBeforeTheBody(int? length)
    {
        var path = _browser.Path(async context =>
        {
            context.Response.ContentLength = length;
            context.Response.Headers["X-Said"] = "early";
            await context.Response.StartAsync();
            await _signal.Task;
            await context.Response.WriteAsync("body");
        });

        using var response = await _browser.BeginAsync(new(HttpMethod.Get, path)).For("the head");
        _signal.SetResult();

        Assert.Equal("early", Assert.Single(response.Headers.GetValues("X-Said")));
        Assert.Equal("body", await response.Content.ReadAsStringAsync().For("the body"));
    }

    [Fact]
    public async Task Feeds_MoreThanMayRunAtOnce_DoNotBlockTheSession()
    {
        await _browser.StoreAsync("key", "value");
        var path = _browser.Path(async context =>
        {
            await context.Response.Body.FlushAsync();
            await _signal.Task;
        });

        var feeds = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _browser.BeginAsync(new(HttpMethod.Get, path)))).For("the heads of 40 feeds");

        Assert.Equal("value", await _browser.ReadAsync("key"));
        _signal.SetResult();
        foreach (var feed in feeds)
        {
            Assert.Equal("", await feed.Content.ReadAsStringAsync().For("the end of a feed"));
            feed.Dispose();
        }
    }

    [Fact]
    public async Task Response_AppFailsInTheMiddle_ClientSeesACut()
    {
        var path = _browser.Path(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[SharedCluster.InlineBytes + 1]);
            throw new InvalidOperationException("The app fails in the middle of its response.");
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => _browser.SendAsync(new(HttpMethod.Get, path)).For("the cut"));
    }

    [Fact]
    public async Task Response_ClientLeavesInTheMiddle_RequestAbortedFires()
    {
        var path = _browser.Path(async context =>
        {
            context.RequestAborted.Register(() => _signal.TrySetResult());
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var response = await _browser.BeginAsync(new(HttpMethod.Get, path)).For("the head");

        response.Dispose();

        await _signal.Task.For("RequestAborted after the client left");
    }

    [Fact]
    public async Task Response_ClientDoesNotRead_TheAppIsHeldBack()
    {
        var written = 0L;
        var path = _browser.Path(async context =>
        {
            for (var i = 0; i < 4096; i++)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
                Interlocked.Add(ref written, 64 * 1024);
            }
        });

        using var response = await _browser.BeginAsync(new(HttpMethod.Get, path)).For("the head");

        // Another client reads as much meanwhile: by then an app that nobody holds back would be through.
        using var reader = shared.Cluster.NewBrowser();
        var whole = await reader.RunAsync(async context =>
        {
            for (var i = 0; i < 4096; i++)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
            }
        }).For("the other client to have read it all");

        Assert.Equal(256 * 1024 * 1024, whole.Body.Length);
        Assert.InRange(Interlocked.Read(ref written), 1, 64L * 1024 * 1024);
    }

    [Fact]
    public async Task Trailers_OverHttp2_Arrive()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var request = new HttpRequestMessage(HttpMethod.Get, browser.Path(async context =>
        {
            context.Response.DeclareTrailer("X-Sum");
            await context.Response.Body.WriteAsync(new byte[SharedCluster.InlineBytes + 1]);
            context.Response.AppendTrailer("X-Sum", "42");
        })) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await browser.BeginAsync(request).For("the head");
        await response.Content.ReadAsByteArrayAsync().For("the body");

        Assert.Equal(["42"], response.TrailingHeaders.GetValues("X-Sum"));
    }
}
