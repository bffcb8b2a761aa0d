using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Bodies that do not fit a message, both ways, and how they end when somebody leaves.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class StreamingTests(SharedCluster shared) : IDisposable
{
    private const int Many = 20 * 1024 * 1024;

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
    [InlineData(Many, false)]
    [InlineData(Many, true)]
    public async Task Upload_OfAnySize_ArrivesWhole(int size, bool chunked)
    {
        var body = Bytes(size);
        var answer = await _browser.SendAsync(Post(
            _browser.Path(async context => await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)))), body, chunked));

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), answer.Ok());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_LengthKnownOrNot_SaysWhatKestrelWouldSay(bool announced)
    {
        var answer = await _browser.RunAsync(async context =>
        {
            context.Response.ContentLength = announced ? Many : null;
            for (var sent = 0; sent < Many; sent += 64 * 1024)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
            }
        });

        answer.Ok();
        Assert.Equal(Many, answer.Body.Length);
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
    public async Task Upload_AppAnswersWithoutReading_IsAnswered()
    {
        var answer = await _browser.SendAsync(Post(_browser.Path(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }), Bytes(300 * 1024), chunked: false)).For("the answer to an upload that nobody reads");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
    }

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
            await context.Response.WriteAsync((await CountAsync(context.Request.BodyReader)).ToString(null, null));
        });

        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new DuplexContent(Bytes(Many)),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await browser.BeginAsync(request).For("the head before the body was read");
        _signal.SetResult();

        Assert.Equal($"begun {Many}", await response.Content.ReadAsStringAsync().For("the count of the upload"));
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

    [Fact]
    public async Task Upload_OverTheAppsOwnLimit_413()
    {
        foreach (var chunked in (bool[])[false, true])
        {
            var answer = await _browser.SendAsync(Post(_browser.Path(async context =>
            {
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 100_000;
                await context.Request.Body.CopyToAsync(Stream.Null);
            }), Bytes(200_000), chunked)).For("the refusal");

            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        }
    }

    [Fact]
    public async Task Upload_OverTheFrontendsLimit_413()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:MaxRequestBodyBytes", "1000"));
        using var browser = shared.Cluster.NewBrowser(frontend);

        var answer = await browser.SendAsync(Post(browser.Path(context => context.Request.Body.CopyToAsync(Stream.Null)), Bytes(1001), chunked: true));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    [Fact]
    public async Task Upload_ClientWaitsForTheGoAhead_GetsItWhenTheAppReads()
    {
        var request = Post(_browser.Path(async context => await context.Response.WriteAsync($"{await CountAsync(context.Request.BodyReader)}")), Bytes(200_000), chunked: false);
        request.Headers.ExpectContinue = true;

        Assert.Equal("200000", (await _browser.SendAsync(request).For("the answer")).Ok());
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

        // It stands still: twice the same amount, far below the 256 MB of the whole.
        var before = -1L;
        await Await.UntilAsync("the app is held back", async () =>
        {
            var last = before;
            before = Interlocked.Read(ref written);
            await Task.Delay(TimeSpan.FromMilliseconds(200));
            return (last, before);
        }, seen => seen.last == seen.before && seen.before > 0);
        Assert.InRange(before, 1, 64L * 1024 * 1024);
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

    private static async Task<long> CountAsync(PipeReader body)
    {
        var count = 0L;
        while (true)
        {
            var read = await body.ReadAsync();
            count += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return count;
            }
        }
    }

    private static HttpRequestMessage Post(string path, byte[] body, bool chunked)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        return request;
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

    /// <summary>Bytes that show a shift or a hole.</summary>
    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
