using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using static Pomegranate.Backend.Tests.Server.Attempt;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>Statuses, headers, and bodies that a server writes for the app.</summary>
internal static class CorpusResponses
{
    private static readonly string FilePath = WriteFile();

    public static void Map(WebApplication app)
    {
        app.MapGet("/hello", () => "hello");
        app.MapMethods("/head", ["GET", "HEAD"], () => "twelve bytes");
        app.MapMethods("/head-write", ["HEAD"], (HttpContext c) => c.Response.WriteAsync("dropped"));
        app.MapMethods("/head-length", ["HEAD"], (HttpContext c) => { c.Response.ContentLength = 42; });
        app.MapGet("/empty", () => { });
        app.MapGet("/json", () => new { Name = "Persephone", Seeds = 6 });
        app.MapGet("/stream-json", () => SeedsAsync());
        app.MapGet("/status/{code:int}", (int code, HttpContext c) => { c.Response.StatusCode = code; });
        app.MapGet("/status-length0/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.ContentLength = 0;
        });
        app.MapGet("/status-length5/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.ContentLength = 5;
        });
        app.MapGet("/status-write/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            return c.Response.WriteAsync("body");
        });
        app.MapGet("/status-advance/{code:int}", (int code, HttpContext c) =>
        {
            c.Response.StatusCode = code;
            c.Response.BodyWriter.Write("body"u8);
        });
        app.MapGet("/reason", (HttpContext c) => c.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "Quite Fine");
        app.MapGet("/cookies", (HttpContext c) =>
        {
            c.Response.Cookies.Append("a", "1 2", new CookieOptions { HttpOnly = true, Path = "/" });
            c.Response.Cookies.Append("b", "two");
            return string.Join(',', c.Request.Cookies.Select(k => $"{k.Key}:{k.Value}"));
        });
        app.MapGet("/redirect", () => Results.Redirect("/elsewhere?x=1"));
        app.MapGet("/file", () => Results.File(FilePath, "text/plain", enableRangeProcessing: true));
        app.MapGet("/sendfile", (HttpContext c) => c.Response.SendFileAsync(FilePath, 2, 5));
        app.MapGet("/sendfile-bad", (HttpContext c) => c.Response.SendFileAsync(FilePath, 2, 500));
        app.MapGet("/many-headers", (HttpContext c) =>
        {
            c.Response.Headers.Append("X-Multi", "a");
            c.Response.Headers.Append("X-Multi", "b");
            c.Response.Headers["X-Empty"] = "";
            c.Response.Headers["X-Gone"] = "x";
            c.Response.Headers.Remove("X-Gone");
            c.Response.Headers.CacheControl = "no-store";
        });
        app.MapGet("/header-value", async (HttpContext c) =>
        {
            // Each attempt's outcome in words: the exception types and messages are what an app can depend on.
            var said = new StringBuilder();
            foreach (var (name, value) in new[]
            {
                ("X-A", "a\r\nSet-Cookie: x=1"), ("X-A", "a\nb"), ("X-A", "tab\there"), ("X-A", "\u00e9"), ("X-A", "\u007f"),
                ("X-A", "\0"), ("Location", "/a\r\nb"), ("X B", "v"), ("X:B", "v"), ("X\r\nB", "v"), ("", "v"),
                ("Content-Length", "abc"), ("Content-Length", "-1"), ("Content-Length", "\u00e9"), ("Content-Length", ""),
                ("X-Ok", "fine"), ("\u00e9", "v"),
            })
            {
                said.AppendLine(Try(() => c.Response.Headers[name] = value));
                said.AppendLine(Try(() => c.Response.Headers.Append(name, value)));
            }

            said.AppendLine(Try(() => c.Response.Headers.Add(new("X-Ok", "again"))));
            said.AppendLine(Try(() => c.Response.ContentLength = -5));
            c.Response.ContentLength = 7;
            said.AppendLine(c.Response.Headers.ContentLength + "/" + c.Response.Headers["content-length"] + "/" + c.Response.Headers.Count);
            c.Response.Headers.ContentLength = null;
            said.AppendLine(c.Response.Headers["content-length"] + "/" + c.Response.Headers.ContainsKey("Content-Length"));
            await c.Response.WriteAsync(said.ToString());
        });
    }

    private static async IAsyncEnumerable<int> SeedsAsync()
    {
        for (var i = 0; i < 6; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static string WriteFile()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "0123456789");
        return path;
    }
}
