using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using static Pomegranate.Backend.Tests.Server.Attempt;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>What an app does at a response's start and end, and after them.</summary>
internal static class CorpusStarts
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/order", async (HttpContext c) =>
        {
            c.Response.OnStarting(() =>
            {
                c.Response.Headers["X-Order"] += "1";
                return Task.CompletedTask;
            });
            c.Response.OnStarting(async () =>
            {
                await Task.Yield();
                c.Response.Headers["X-Order"] += "2";
            });
            await c.Response.WriteAsync("x");
        });
        app.MapGet("/after-start", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            var feature = c.Features.GetRequiredFeature<IHttpResponseFeature>();
            await c.Response.WriteAsync(string.Join('\n', [
                Try(() => c.Response.StatusCode = 404),
                Try(() => feature.ReasonPhrase = "x"),
                Try(() => c.Response.Headers["X"] = "y"),
                Try(() => c.Response.Headers.Remove("X")),
                Try(() => c.Response.Headers.Clear()),
                Try(() => c.Response.ContentLength = 3),
                Try(() => c.Response.OnStarting(() => Task.CompletedTask)),
                Try(() => c.Response.Cookies.Append("a", "b")),
                Try(() => c.Response.Clear()),
                c.Response.Headers.IsReadOnly.ToString(),
            ]));
        });
        app.MapGet("/stale-lease", async (HttpContext c) =>
        {
            var memory = c.Response.BodyWriter.GetMemory(4);
            await c.Response.StartAsync();
            "oops"u8.CopyTo(memory.Span);
            await c.Response.WriteAsync(Try(() => c.Response.BodyWriter.Advance(4)));
        });
        app.MapGet("/complete", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("done");
            await c.Response.CompleteAsync();
            await TryAsync(() => c.Response.WriteAsync("more"));
        });
        app.MapGet("/complete-throw", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("done");
            await c.Response.CompleteAsync();
            throw new InvalidOperationException("too late to matter");
        });
        app.MapGet("/writer-complete", async (HttpContext c) =>
        {
            c.Response.BodyWriter.Write("done"u8);
            await c.Response.BodyWriter.CompleteAsync();
        });
        app.MapGet("/empty-write", (HttpContext c) => c.Response.Body.WriteAsync(Array.Empty<byte>()).AsTask());
        app.MapGet("/replaced-body", async (HttpContext c) =>
        {
            var own = c.Response.Body;
            var memory = new MemoryStream();
            c.Response.Body = memory;
            await c.Response.WriteAsync("buffered");
            c.Response.Body = own;
            c.Response.Headers["X-Bytes"] = memory.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            memory.Position = 0;
            await memory.CopyToAsync(c.Response.Body);
        });
    }
}
