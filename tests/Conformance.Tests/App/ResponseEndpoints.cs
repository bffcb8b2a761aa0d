using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Conformance.App;

/// <summary>Everything an app can do to a response that a server sees.</summary>
internal static class ResponseEndpoints
{
    public static void Map(WebApplication app)
    {
        MapStatuses(app);
        MapHeaders(app);
        MapBodies(app);
    }

    private static void MapStatuses(WebApplication app)
    {
        app.Map("/status/{code:int}", (int code, HttpContext c) => { c.Response.StatusCode = code; });
        app.Map("/status-length/{code:int}/{length:long}", (int code, long length, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.ContentLength = length;
        });
        app.Map("/status-write/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            return c.Response.WriteAsync("body");
        });
        app.Map("/status-unflushed/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.BodyWriter.Write("body"u8);
        });
        app.Map("/status-start/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            return c.Response.StartAsync();
        });
        app.Map("/reason/{code:int}", (int code, string reason, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        });
    }

    private static void MapHeaders(WebApplication app)
    {
        // /set-headers?Name=value&Name=value: the app answers with these headers.
        app.Map("/set-headers", (HttpContext c) =>
        {
            foreach (var (name, values) in c.Request.Query)
            {
                c.Response.Headers[name] = values;
            }

            return c.Response.WriteAsync("set");
        });
        app.Map("/set-headers-only", (HttpContext c) =>
        {
            foreach (var (name, values) in c.Request.Query)
            {
                c.Response.Headers[name] = values;
            }
        });
        app.Map("/many-headers/{count:int}", (int count, HttpContext c) =>
        {
            for (var i = 0; i < count; i++)
            {
                c.Response.Headers[$"X-Number-{i:000}"] = i.ToString(CultureInfo.InvariantCulture);
            }
        });
        app.Map("/long-header/{length:int}", (int length, HttpContext c) => { c.Response.Headers["X-Long"] = new string('v', length); });
        app.Map("/changed-headers", (HttpContext c) =>
        {
            c.Response.Headers.Append("X-Multi", "a");
            c.Response.Headers.Append("X-Multi", "b");
            c.Response.Headers["X-Gone"] = "x";
            c.Response.Headers.Remove("X-Gone");
            c.Response.Headers["x-CASE"] = "1";
            c.Response.Headers["X-Case"] = "2";
        });
        app.Map("/odd-header", async (HttpContext c) =>
        {
            // What each attempt says: the exceptions' types and messages are what an app can depend on.
            (string Name, string Value)[] odd =
            [
                ("X-A", "a\r\nSet-Cookie: x=1"), ("X-A", "a\nb"), ("X-A", "tab\there"), ("X-A", "\u00e9"), ("X-A", "\u007f"), ("X-A", "\0"),
                ("X B", "v"), ("X:B", "v"), ("X\r\nB", "v"), ("", "v"), ("\u00e9", "v"), ("Content-Length", "abc"), ("Content-Length", "-1"),
                ("Location", "/\u00e9"),
            ];
            var said = string.Concat(odd.Select(o => Said.By(() => c.Response.Headers[o.Name] = o.Value) + "\n"));
            await c.Response.WriteAsync(said);
        });
        app.Map("/set-cookies", (HttpContext c) =>
        {
            c.Response.Cookies.Append("plain", "1 2;=,\u00e9");
            c.Response.Cookies.Append("all", "x", new CookieOptions
            {
                Path = "/a", Domain = "shop.test", HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromHours(1),
                Expires = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Extensions = { "partitioned" },
            });
            c.Response.Cookies.Append("plain", "again");
            c.Response.Cookies.Delete("gone");
            c.Response.Headers.Append("Set-Cookie", "raw=a,b; Path=/");
        });
        app.Map("/link", (HttpContext c) =>
        {
            c.Response.Headers.Append("Link", "</style.css>; rel=preload, </a.js>; rel=preload");
            c.Response.Headers.Append("Vary", "Accept");
            c.Response.Headers.Append("Vary", "Origin");
            c.Response.Headers.Append("WWW-Authenticate", "Basic realm=\"a, b\"");
            c.Response.Headers.Append("WWW-Authenticate", "Bearer");
        });
    }

    private static void MapBodies(WebApplication app)
    {
        app.Map("/hello", () => "hello");
        app.Map("/empty", () => { });
        app.Map("/bytes/{count:int}", (int count, HttpContext c) => c.Response.WriteAsync(Cases.Write.Bytes(count)));
        app.Map("/bytes-length/{count:int}", (int count, HttpContext c) =>
        {
            c.Response.ContentLength = count;
            return c.Response.WriteAsync(Cases.Write.Bytes(count));
        });
        app.Map("/pieces/{count:int}", async (int count, HttpContext c) =>
        {
            for (var i = 0; i < count; i++)
            {
                await c.Response.WriteAsync($"piece {i}\n");
                await c.Response.Body.FlushAsync();
            }
        });
        app.Map("/writer", async (HttpContext c) =>
        {
            c.Response.BodyWriter.Write("one "u8);
            c.Response.Headers["X-Started"] = $"{c.Response.HasStarted}";
            await c.Response.BodyWriter.FlushAsync();
            await c.Response.WriteAsync($"two {c.Response.HasStarted}");
            c.Response.BodyWriter.Write(" three"u8);
        });
        app.Map("/writer-complete", async (HttpContext c) =>
        {
            c.Response.BodyWriter.Write("done"u8);
            await c.Response.BodyWriter.CompleteAsync();
        });
        app.Map("/complete", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("done");
            await c.Response.CompleteAsync();
            await Said.ByAsync(() => c.Response.WriteAsync("more"));
        });
        app.Map("/binary", (HttpContext c) =>
        {
            c.Response.ContentType = "application/octet-stream";
            return c.Response.Body.WriteAsync(Enumerable.Range(0, 256).Select(n => (byte)n).ToArray()).AsTask();
        });
        app.Map("/own-chunks", async (HttpContext c) =>
        {
            c.Response.Headers.TransferEncoding = "chunked";
            await c.Response.WriteAsync("5\r\nhello\r\n0\r\n\r\n");
        });
        app.Map("/sendfile/{offset:long}/{count:long}", (long offset, long count, HttpContext c) =>
            c.Response.SendFileAsync(Path.Combine(SiteFiles.WebRoot, "digits.txt"), offset, count));
        app.Map("/sync", (HttpContext c) => Said.By(() => c.Response.Body.WriteByte(1)) + Said.By(() => c.Response.Body.Flush()));
        app.Map("/sync-allowed", (HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
            c.Response.Body.Write(Encoding.ASCII.GetBytes("synchronous"));
            c.Response.Body.Flush();
        });
        app.Map("/replaced-body", async (HttpContext c) =>
        {
            var own = c.Response.Body;
            using var memory = new MemoryStream();
            c.Response.Body = memory;
            await c.Response.WriteAsync("buffered");
            c.Response.Body = own;
            c.Response.Headers["X-Bytes"] = $"{memory.Length}";
            memory.Position = 0;
            await memory.CopyToAsync(c.Response.Body);
        });
        app.Map("/no-buffering", async (HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
            await c.Response.WriteAsync("at once");
        });
        app.Map("/interim", async (HttpContext c) =>
        {
            c.Response.StatusCode = 200;
            c.Response.ContentType = "text/plain; charset=iso-8859-1";
            await c.Response.WriteAsync("\u00e9", Encoding.Latin1);
        });
    }
}
