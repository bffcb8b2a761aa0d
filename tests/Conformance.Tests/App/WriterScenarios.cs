using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;

namespace Pomegranate.Conformance.App;

/// <summary>The ways to write a response that ASP.NET Core's own tests of Kestrel and of TestHost try, in our words.</summary>
internal static class WriterScenarios
{
    public static void Map(WebApplication app)
    {
        MapMemory(app);
        MapStarts(app);
        MapLengths(app);
        MapCompletes(app);
    }

    private static void MapMemory(WebApplication app)
    {
        app.Map("/scenario/advance", (HttpContext c) => Fill(c, 100));
        app.Map("/scenario/start-advance", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            Fill(c, 100);
        });
        app.Map("/scenario/span-twice", (HttpContext c) =>
        {
            c.Response.ContentLength = 12;
            var span = c.Response.BodyWriter.GetSpan(4096);
            "Hello "u8.CopyTo(span);
            c.Response.BodyWriter.Advance(6);
            "World!"u8.CopyTo(span[6..]);
            c.Response.BodyWriter.Advance(6);
        });
        app.Map("/scenario/start-memory-twice", async (HttpContext c) =>
        {
            c.Response.ContentLength = 12;
            await c.Response.StartAsync();
            var memory = c.Response.BodyWriter.GetMemory(4096);
            "Hello "u8.CopyTo(memory.Span);
            c.Response.BodyWriter.Advance(6);
            "World!"u8.CopyTo(memory.Span[6..]);
            c.Response.BodyWriter.Advance(6);
        });
        app.Map("/scenario/body-and-writer", async (HttpContext c) =>
        {
            c.Response.ContentLength = 30;
            await c.Response.StartAsync();
            Fill(c, 6);
            await c.Response.Body.WriteAsync("second"u8.ToArray());
            await c.Response.BodyWriter.WriteAsync("third."u8.ToArray());
            Fill(c, 6);
            await c.Response.WriteAsync("fifth.");
        });
        app.Map("/scenario/advance-stale", async (HttpContext c) =>
        {
            c.Response.BodyWriter.GetSpan()[0] = (byte)'m';
            await c.Response.StartAsync();
            await c.Response.WriteAsync(Said.By(() => c.Response.BodyWriter.Advance(1)));
        });
        app.Map("/scenario/advance-unasked", (HttpContext c) =>
        {
            var said = Said.By(() => c.Response.BodyWriter.Advance(1));
            return c.Response.WriteAsync(said);
        });
        app.Map("/scenario/unflushed", async (HttpContext c) =>
        {
            var writer = c.Response.BodyWriter;
            var counts = new List<long> { writer.UnflushedBytes };
            Fill(c, 100);
            counts.Add(writer.UnflushedBytes);
            Fill(c, 1000);
            counts.Add(writer.UnflushedBytes);
            await writer.FlushAsync();
            counts.Add(writer.UnflushedBytes);
            await c.Response.WriteAsync(string.Join(',', counts));
        });
        app.Map("/scenario/cancelled-flush", async (HttpContext c) =>
        {
            c.Response.BodyWriter.CancelPendingFlush();
            var first = await c.Response.BodyWriter.WriteAsync("hello,"u8.ToArray());
            var second = await c.Response.BodyWriter.WriteAsync(" world "u8.ToArray());
            await c.Response.WriteAsync($"{first.IsCanceled} {second.IsCanceled}");
        });
    }

    private static void MapStarts(WebApplication app)
    {
        app.Map("/scenario/start", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            await c.Response.WriteAsync($"{c.Response.HasStarted}");
        });
        app.Map("/scenario/start-nothing", (HttpContext c) => c.Response.StartAsync());
        app.Map("/scenario/start-empty", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            await c.Response.WriteAsync("");
        });
        app.Map("/scenario/start-flush", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            await c.Response.BodyWriter.FlushAsync();
        });
        app.Map("/scenario/start-length-throw", async (HttpContext c) =>
        {
            c.Response.ContentLength = 11;
            await c.Response.StartAsync();
            throw new InvalidOperationException("boom");
        });
        app.Map("/scenario/start-status-length/{code:int}/{length:long}", async (int code, long length, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.ContentLength = length;
            await c.Response.StartAsync();
        });
        app.Map("/scenario/start-status-length-said/{code:int}/{length:long}", async (int code, long length, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.ContentLength = length;
            var said = await Said.ByAsync(() => c.Response.StartAsync());
            c.Response.StatusCode = 200;
            c.Response.ContentLength = null;
            await c.Response.WriteAsync(said);
        });
    }

    private static void MapLengths(WebApplication app)
    {
        app.Map("/scenario/length-zero", (HttpContext c) => { c.Response.ContentLength = 0; });
        app.Map("/scenario/length-zero-flush", async (HttpContext c) =>
        {
            c.Response.ContentLength = 0;
            await c.Response.BodyWriter.FlushAsync();
        });
        app.Map("/scenario/length-unflushed/{count:int}", (int count, HttpContext c) =>
        {
            c.Response.ContentLength = count;
            c.Response.BodyWriter.Write(Encoding.ASCII.GetBytes(Cases.Write.Bytes(count)));
        });

        // What OnStarting makes of the length holds for the write that started the response.
        app.Map("/scenario/length-taken-back/{pieces:int}", async (int pieces, HttpContext c) =>
        {
            c.Response.OnStarting(() =>
            {
                c.Response.ContentLength = null;
                return Task.CompletedTask;
            });
            c.Response.ContentLength = 11;
            foreach (var piece in "hello, world"u8.ToArray().Chunk(12 / pieces))
            {
                await c.Response.Body.WriteAsync(piece);
            }
        });
        app.Map("/scenario/short-complete", async (HttpContext c) =>
        {
            c.Response.ContentLength = 13;
            await c.Response.WriteAsync("hello, world");
            c.Response.BodyWriter.Complete();
        });
    }

    private static void MapCompletes(WebApplication app)
    {
        app.Map("/scenario/complete-nothing", (HttpContext c) => c.Response.BodyWriter.Complete());
        app.Map("/scenario/complete-error", (HttpContext c) => c.Response.BodyWriter.Complete(new InvalidOperationException("mine")));
        app.Map("/scenario/complete-then/{what}/{number}", async (string what, string number, HttpContext c) =>
        {
            if (what.StartsWith("started", StringComparison.Ordinal))
            {
                await c.Response.StartAsync();
            }

            c.Response.BodyWriter.Complete();
            Notes.Of(number).SetResult(what switch
            {
                "write" or "started-write" => await Said.ByAsync(() => c.Response.WriteAsync("late")),
                "memory" or "started-memory" => Said.By(() => c.Response.BodyWriter.GetMemory()),
                "flush" => await Said.ByAsync(() => c.Response.BodyWriter.FlushAsync().AsTask()),
                _ => Said.By(() => c.Response.BodyWriter.Complete()),
            });
        });
        app.Map("/scenario/bodies-replaced", (HttpContext c) =>
        {
            c.Response.Body = new MemoryStream();
            var first = c.Response.BodyWriter;
            c.Response.Body = new MemoryStream();
            c.Response.Headers["X-Same"] = $"{ReferenceEquals(first, c.Response.BodyWriter)}";
        });
        app.Map("/scenario/body-wrapped", async (HttpContext c) =>
        {
            var own = c.Response.Body;
            c.Response.Body = new MemoryStream();
            await c.Response.BodyWriter.WriteAsync(new byte[1]);
            await c.Response.Body.WriteAsync(new byte[1]);
            var length = c.Response.Body.Length;
            c.Response.Body = own;
            c.Response.Headers["X-Length"] = $"{length}";
        });
    }

    private static void Fill(HttpContext context, int count)
    {
        context.Response.BodyWriter.GetSpan(count)[..count].Fill((byte)'f');
        context.Response.BodyWriter.Advance(count);
    }
}
