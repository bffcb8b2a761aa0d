using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>What is compressed at the edge, and what is left as the app made it.</summary>
public sealed class CompressionTests
{
    private const string On = "Pomegranate:Gateway:CompressResponses";
    private static readonly string Text = string.Concat(Enumerable.Repeat("pomegranate ", 200));

    [Fact]
    public async Task Default_NothingIsCompressed()
    {
        await using var app = await EdgeApp.StartAsync(WriteText);

        using var response = await GetAsync(app, "gzip");

        Assert.Equal(Text, await PlainAsync(response));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task TextThatTheClientTakesCompressed_IsCompressed(string encoding)
    {
        await using var app = await EdgeApp.StartAsync(WriteText, (On, "true"));

        using var response = await GetAsync(app, encoding);

        Assert.Equal([encoding], response.Content.Headers.ContentEncoding);
        Assert.Equal(["Accept-Encoding"], response.Headers.Vary);
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(body.Length < Text.Length / 4, $"{body.Length} bytes");
        Assert.Equal(Text, await new StreamReader(Decompress(new MemoryStream(body), encoding)).ReadToEndAsync());
    }

    [Fact]
    public async Task ClientThatTakesNoEncoding_GetsItPlain()
    {
        await using var app = await EdgeApp.StartAsync(WriteText, (On, "true"));

        using var response = await GetAsync(app, "identity");

        Assert.Equal(Text, await PlainAsync(response));
    }

    [Fact]
    public async Task AppCompressedItself_IsNotCompressedAgain()
    {
        var made = new MemoryStream();
        using (var gzip = new GZipStream(made, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Text));
        }

        await using var app = await EdgeApp.StartAsync(
            async context =>
            {
                context.Response.ContentType = "text/plain";
                context.Response.Headers.ContentEncoding = "gzip";
                context.Response.Headers.ETag = "\"of the compressed\"";
                await context.Response.Body.WriteAsync(made.ToArray());
            },
            (On, "true"));

        using var response = await GetAsync(app, "gzip, br");

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        Assert.Equal(made.ToArray(), await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("\"of the compressed\"", response.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task Range_IsLeftAlone()
    {
        await using var app = await EdgeApp.StartAsync(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status206PartialContent;
                context.Response.ContentType = "text/plain";
                context.Response.Headers.ContentRange = $"bytes 0-{Text.Length - 1}/5000";
                context.Response.Headers.ETag = "\"whole\"";
                return context.Response.WriteAsync(Text);
            },
            (On, "true"));

        using var response = await GetAsync(app, "gzip");

        Assert.Equal(Text, await PlainAsync(response));
        Assert.Equal("\"whole\"", response.Headers.ETag!.ToString());
    }

    [Theory]
    [InlineData("gzip", "\"v1\"", "W/\"v1\"")]
    [InlineData("gzip", "W/\"v1\"", "W/\"v1\"")]
    [InlineData("identity", "\"v1\"", "\"v1\"")]
    public async Task ETag_IsWeakWhereTheBytesAreNotTheApps(string accepted, string ofApp, string seen)
    {
        await using var app = await EdgeApp.StartAsync(
            context =>
            {
                context.Response.Headers.ETag = ofApp;
                return WriteText(context);
            },
            (On, "true"));

        using var response = await GetAsync(app, accepted);

        Assert.Equal(accepted == "gzip", response.Content.Headers.ContentEncoding.Count == 1);
        Assert.Equal(seen, response.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task NoTransform_IsObeyed()
    {
        await using var app = await EdgeApp.StartAsync(
            context =>
            {
                context.Response.Headers.CacheControl = "private, no-transform";
                return WriteText(context);
            },
            (On, "true"));

        using var response = await GetAsync(app, "gzip");

        Assert.Equal(Text, await PlainAsync(response));
    }

    [Fact]
    public async Task Stream_EachPieceArrivesBeforeTheNextIsWritten()
    {
        var firstIsRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await EdgeApp.StartAsync(
            async context =>
            {
                // YARP's forwarder does this for every response.
                context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
                context.Response.ContentType = "text/plain";
                await context.Response.WriteAsync("one;");
                await firstIsRead.Task;
                await context.Response.WriteAsync("two;");
            },
            (On, "true"));
        using var response = await GetAsync(app, "gzip", HttpCompletionOption.ResponseHeadersRead).For("the response's head");
        await using var body = Decompress(await response.Content.ReadAsStreamAsync(), "gzip");
        var buffer = new byte[4];

        await body.ReadExactlyAsync(buffer).AsTask().For("the first piece, before the second is written");
        Assert.Equal("one;", Encoding.UTF8.GetString(buffer));
        firstIsRead.SetResult();

        await body.ReadExactlyAsync(buffer).AsTask().For("the second piece");
        Assert.Equal("two;", Encoding.UTF8.GetString(buffer));
    }

    private static Task WriteText(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(Text);
    }

    private static async Task<HttpResponseMessage> GetAsync(
        EdgeApp app, string encodings, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept-Encoding", encodings);
        return await app.Http.SendAsync(request, completion);
    }

    private static Task<string> PlainAsync(HttpResponseMessage response)
    {
        Assert.Empty(response.Content.Headers.ContentEncoding);
        return response.Content.ReadAsStringAsync();
    }

    private static Stream Decompress(Stream body, string encoding) =>
        encoding == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
}
