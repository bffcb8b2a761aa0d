using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.Extensions.DependencyInjection;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The app of the differential test: everything an app can do to a request and a response that a server sees.</summary>
internal static class CorpusApp
{
    public static readonly string FilePath = WriteFile();

    public static void Configure(WebApplicationBuilder builder)
        => builder.Services.AddControllers().AddApplicationPart(typeof(CorpusController).Assembly);

    public static void Map(WebApplication app)
    {
        app.UseRouting();
        app.MapControllers();
        app.MapFallback(EchoAsync);
        MapResponses(app);
        MapBodies(app);
        MapErrors(app);
        MapStarts(app);
    }

    /// <summary>What the app sees of the request.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await new StreamReader(request.Body).ReadToEndAsync();
        var headers = request.Headers
            .Where(h => h.Key is not ("Connection" or "Transfer-Encoding"))
            .OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}={string.Join('|', h.Value.ToArray())}");
        var feature = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        await context.Response.WriteAsync(
            $"{request.Method} path={request.Path.Value} base={request.PathBase} query={request.QueryString} raw={feature.RawTarget} "
            + $"{request.Protocol} {request.Scheme} host={request.Host} length={request.ContentLength} "
            + $"body={context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody}:{body} "
            + $"url={request.GetEncodedPathAndQuery()} trailers={context.Response.SupportsTrailers()} {string.Join(';', headers)}");
    }

    private static void MapResponses(WebApplication app)
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

    private static void MapBodies(WebApplication app)
    {
        app.MapPost("/form", async (HttpContext c) =>
        {
            var form = await c.Request.ReadFormAsync();
            return string.Join('&', form.OrderBy(f => f.Key).Select(f => $"{f.Key}={f.Value}"))
                + string.Concat(form.Files.Select(f => $"[{f.Name}:{f.FileName}:{f.Length}:{new StreamReader(f.OpenReadStream()).ReadToEnd()}]"));
        });
        app.MapPost("/json-body", ([FromBody] Dictionary<string, int> values) => values.Sum(v => v.Value));
        app.MapPost("/twice", async (HttpContext c) =>
        {
            c.Request.EnableBuffering();
            var first = await new StreamReader(c.Request.Body, leaveOpen: true).ReadToEndAsync();
            c.Request.Body.Position = 0;
            var second = await c.Request.BodyReader.ReadAtLeastAsync(1000);
            return first + "+" + Encoding.UTF8.GetString(second.Buffer);
        });
        app.MapPost("/pipe", async (HttpContext c) =>
        {
            var some = await c.Request.BodyReader.ReadAtLeastAsync(4);
            c.Request.BodyReader.AdvanceTo(some.Buffer.GetPosition(4));
            return await new StreamReader(c.Request.Body).ReadToEndAsync();
        });
        app.MapPost("/limit", async (HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 3;
            return await new StreamReader(c.Request.Body).ReadToEndAsync();
        });
        app.MapPost("/limit-late", async (HttpContext c) =>
        {
            await c.Request.Body.ReadExactlyAsync(new byte[1]);
            var feature = c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>();
            return feature.IsReadOnly + Try(() => feature.MaxRequestBodySize = 3);
        });
        app.MapPost("/sync", (HttpContext c) => Try(() => c.Request.Body.ReadByte())
            + Try(() => c.Response.Body.WriteByte(1)) + Try(() => c.Response.Body.Flush()));
        app.MapPost("/sync-allowed", (HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
            c.Response.Body.WriteByte((byte)c.Request.Body.ReadByte());
            c.Response.Body.Flush();
        });
        app.MapGet("/writer", async (HttpContext c) =>
        {
            c.Response.BodyWriter.Write("one "u8);
            c.Response.Headers["X-Started"] = c.Response.HasStarted.ToString();
            await c.Response.BodyWriter.FlushAsync();
            await c.Response.WriteAsync($"two {c.Response.HasStarted}");
            c.Response.BodyWriter.Write(" three"u8);
        });
    }

    private static void MapErrors(WebApplication app)
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

    private static void MapStarts(WebApplication app)
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

    private static string Try(Action action)
    {
        try
        {
            action();
            return "fine";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static async Task<string> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return "fine";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
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

/// <summary>An MVC controller for both servers.</summary>
[Route("mvc")]
public sealed class CorpusController : ControllerBase
{
    [HttpGet("{id:int}")]
    public ActionResult<object> Get(int id) => id == 0 ? NotFound() : new { id, path = Request.Path.Value };

    [HttpPost]
    public IActionResult Post([FromForm] string name) => CreatedAtAction(nameof(Get), new { id = 7 }, name);

    [HttpPost("small")]
    [RequestSizeLimit(4)]
    public IActionResult Small([FromBody] string text) => Ok(text);
}
