using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using static Pomegranate.Backend.Tests.Server.Attempt;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>Apps that fail, give up, or do not keep what they announced.</summary>
internal static class CorpusErrors
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/throw", Task (HttpContext c) => throw new InvalidOperationException("boom"));
        app.MapGet("/throw-headers", Task (HttpContext c) =>
        {
            c.Response.Headers["X-Lost"] = "1";
            c.Response.StatusCode = 202;
            c.Response.BodyWriter.Write("lost"u8);
            throw new InvalidOperationException("boom");
        });
        app.MapGet("/throw-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("partial");
            throw new InvalidOperationException("boom");
        });
        app.MapGet("/throw-whole", async (HttpContext c) =>
        {
            c.Response.ContentLength = 5;
            await c.Response.WriteAsync("whole");
            throw new InvalidOperationException("boom");
        });
        app.MapGet("/throw-cancelled", Task (HttpContext c) => throw new OperationCanceledException());
        app.MapGet("/throw-starting", (HttpContext c) =>
        {
            c.Response.OnStarting(() => throw new InvalidOperationException("starting"));
            return c.Response.WriteAsync("never");
        });
        app.MapGet("/throw-starting-unwritten", (HttpContext c) => c.Response.OnStarting(() => throw new InvalidOperationException("starting")));
        app.MapGet("/bad/{code:int}", Task (int code) => throw new BadHttpRequestException("bad", code));
        app.MapGet("/bad-int", (int number) => number);
        app.MapGet("/abort", (HttpContext c) => c.Abort());
        app.MapGet("/abort-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("partial");
            c.Abort();
        });
        app.MapGet("/too-few", (HttpContext c) => { c.Response.ContentLength = 9; });
        app.MapGet("/too-few-started", (HttpContext c) =>
        {
            c.Response.ContentLength = 9;
            return c.Response.WriteAsync("1234");
        });
        app.MapGet("/too-many", (HttpContext c) =>
        {
            c.Response.ContentLength = 2;
            return c.Response.WriteAsync("1234");
        });
        app.MapGet("/too-many-said", async (HttpContext c) =>
        {
            c.Response.ContentLength = 2;
            var said = await TryAsync(() => c.Response.WriteAsync("1234"));
            c.Response.ContentLength = null;
            await c.Response.WriteAsync(said);
        });
    }
}
