using System.Buffers;
using Microsoft.AspNetCore.Builder;

namespace Pomegranate.Conformance.App;

/// <summary>An app that fails, or that promises other bytes than it sends.</summary>
internal static class FailureEndpoints
{
    public static void Map(WebApplication app)
    {
        MapExceptions(app);
        MapLengths(app);
        MapAborts(app);
    }

    private static void MapExceptions(WebApplication app)
    {
        app.Map("/throw", Task (HttpContext c) => throw new InvalidOperationException("boom"));
        app.Map("/throw-cancelled", Task (HttpContext c) => throw new OperationCanceledException());
        app.Map("/throw-io", Task (HttpContext c) => throw new IOException("disk"));
        app.Map("/throw-bad/{code:int}", Task (int code) => throw new BadHttpRequestException("bad", code));
        app.Map("/throw-headers", Task (HttpContext c) =>
        {
            c.Response.Headers["X-Lost"] = "1";
            c.Response.StatusCode = 202;
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-unflushed", Task (HttpContext c) =>
        {
            c.Response.BodyWriter.Write("lost"u8);
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("partial");
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-started-empty", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-partial", async (HttpContext c) =>
        {
            c.Response.ContentLength = 9;
            await c.Response.WriteAsync("part");
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-whole", async (HttpContext c) =>
        {
            c.Response.ContentLength = 5;
            await c.Response.WriteAsync("whole");
            throw new InvalidOperationException("boom");
        });
        app.Map("/throw-completed", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("done");
            await c.Response.CompleteAsync();
            throw new InvalidOperationException("too late to matter");
        });
        app.Map("/throw-starting", (HttpContext c) =>
        {
            c.Response.OnStarting(() => throw new InvalidOperationException("starting"));
            return c.Response.WriteAsync("never");
        });
        app.Map("/throw-starting-unwritten", (HttpContext c) => c.Response.OnStarting(() => throw new InvalidOperationException("starting")));
        app.Map("/throw-oncompleted", (HttpContext c) =>
        {
            c.Response.OnCompleted(() => throw new InvalidOperationException("completed"));
            return c.Response.WriteAsync("fine");
        });
        app.Map("/bad-int", (int number) => $"{number}");
        app.Map("/caught/throw", Task (HttpContext c) => throw new InvalidOperationException("boom"));
        app.Map("/caught/throw-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("partial");
            throw new InvalidOperationException("boom");
        });
        app.Map("/caught/throw-bad/{code:int}", Task (int code) => throw new BadHttpRequestException("bad", code));
    }

    private static void MapLengths(WebApplication app)
    {
        app.Map("/too-few", (HttpContext c) => { c.Response.ContentLength = 9; });
        app.Map("/too-few-started", (HttpContext c) =>
        {
            c.Response.ContentLength = 9;
            return c.Response.WriteAsync("1234");
        });
        app.Map("/too-many", (HttpContext c) =>
        {
            c.Response.ContentLength = 2;
            return c.Response.WriteAsync("1234");
        });
        app.Map("/too-many-later", async (HttpContext c) =>
        {
            c.Response.ContentLength = 2;
            await c.Response.WriteAsync("12");
            await c.Response.WriteAsync("34");
        });
        app.Map("/too-many-caught", async (HttpContext c) =>
        {
            c.Response.ContentLength = 2;
            var said = await Said.ByAsync(() => c.Response.WriteAsync("1234"));
            c.Response.ContentLength = null;
            await c.Response.WriteAsync(said);
        });
    }

    private static void MapAborts(WebApplication app)
    {
        app.Map("/abort", (HttpContext c) => c.Abort());
        app.Map("/abort-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("partial");
            c.Abort();
        });
        app.Map("/abort-then-write", async (HttpContext c) =>
        {
            c.Abort();
            await c.Response.WriteAsync("nobody reads this");
        });
    }
}
