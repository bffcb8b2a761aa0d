using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.FileProviders;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>An app with all that ASP.NET Core offers on the way to an endpoint.</summary>
internal static class MiddlewareApp
{
    private static readonly string[] Cultures = ["en", "el"];

    public static TriedApp App => new("middleware")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddProblemDetails(options => options.CustomizeProblemDetails = problem => problem.ProblemDetails.Extensions["orchard"] = "Nysa");
            builder.Services.AddResponseCompression();
            builder.Services.AddRequestDecompression();
            builder.Services.AddRequestTimeouts(options => options.AddPolicy("short", TimeSpan.FromMilliseconds(300)));
            builder.Services.AddRateLimiter(options =>
            {
                options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                options.AddPolicy("one", c => RateLimitPartition.GetConcurrencyLimiter(c.Request.Path.ToString(), _ => new() { PermitLimit = 1, QueueLimit = 0 }));
                options.OnRejected = (rejected, _) =>
                {
                    rejected.HttpContext.Response.Headers.RetryAfter = "7";
                    return ValueTask.CompletedTask;
                };
            });
            builder.Services.AddHttpLogging(options => options.CombineLogs = true);
            builder.Services.AddHealthChecks();
            builder.Services.AddHsts(options => options.MaxAge = TimeSpan.FromDays(1));
            builder.Services.Configure<RequestLocalizationOptions>(options => options
                .SetDefaultCulture("en").AddSupportedCultures(Cultures).AddSupportedUICultures(Cultures));
            builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.All);
            builder.Services.AddCors(options => options.AddDefaultPolicy(policy => policy
                .WithOrigins("http://other.test").AllowCredentials().WithHeaders("X-Own").WithExposedHeaders("X-Seen").SetPreflightMaxAge(TimeSpan.FromMinutes(1))));
        },
        Pipeline = app =>
        {
            app.UseForwardedHeaders();
            app.UseHttpLogging();
            app.UseExceptionHandler();
            app.UseStatusCodePages();
            app.UseResponseCompression();
            app.UseRequestDecompression();
            app.UseRequestLocalization();
            app.UsePathBase("/base");
            app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(Site()), RequestPath = "/files" });
            app.UseRouting();
            app.UseCors();
            app.UseSession();
            app.UseRateLimiter();
            app.UseRequestTimeouts();
        },
        Endpoints = app =>
        {
            app.MapHealthChecks("/health");
            app.MapGet("/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
        },
        Cases =
        [
            new("an exception is a problem in JSON", map => map.MapGet("throw", () => Throw()), async walk => await walk.GetAsync("throw", "Accept: application/json")),
            new("an exception for a browser", map => map.MapGet("throw", () => Throw()), async walk => await walk.GetAsync("throw", "Accept: text/html")),
            new("a session that a failing request began",
                map => map.MapGet("throw", (HttpContext c) =>
                {
                    c.Session.SetString("a", "1");
                    return Throw();
                }),
                async walk => await walk.GetAsync("throw")),
            new("no such page is a problem too", async walk => await walk.GetAsync("/none", "Accept: application/json")),
            new("a wrong method is 405 with what is allowed", map => map.MapGet("only", () => "get"), async walk => await walk.PostAsync("only")),
            new("the exception handler sees the path",
                map => map.MapGet("error", (HttpContext c) => $"{c.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? "no error"}"),
                async walk => await walk.GetAsync("error")),
            new("compression of a dynamic page",
                map => map.MapGet("long", () => new string('x', 5000)),
                async walk =>
                {
                    await walk.GetAsync("long", "Accept-Encoding: gzip");
                    await walk.GetAsync("long", "Accept-Encoding: br;q=1, gzip;q=0.5");
                    await walk.GetAsync("long", "Accept-Encoding: identity");
                }),
            new("a compressed body is unpacked for the app",
                map => map.MapPost("body", async (HttpContext c) => await new StreamReader(c.Request.Body).ReadToEndAsync()),
                async walk =>
                {
                    var packed = new MemoryStream();
                    await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
                    {
                        await gzip.WriteAsync("seeds"u8.ToArray());
                    }

                    var content = new ByteArrayContent(packed.ToArray());
                    content.Headers.ContentEncoding.Add("gzip");
                    await walk.PostAsync("body", content);
                }),
            new("the culture comes from query, cookie and header, in this order",
                map => map.MapGet("culture", (HttpContext c) => $"{c.Features.Get<IRequestCultureFeature>()!.RequestCulture.Culture.Name} {c.Features.Get<IRequestCultureFeature>()!.Provider?.GetType().Name}"),
                async walk =>
                {
                    await walk.GetAsync("culture");
                    await walk.GetAsync("culture", "Accept-Language: el, en;q=0.5");
                    await walk.GetAsync("culture", "Accept-Language: en", $"Cookie: {CookieRequestCultureProvider.DefaultCookieName}=c=el|uic=el");
                    await walk.GetAsync("culture?culture=el");
                }),
            new("a request that takes too long is 504, and its token is cancelled",
                map => map.MapGet("slow", async (HttpContext c, Gates gates) => await gates["never"].PassAsync(c.RequestAborted)).WithRequestTimeout("short"),
                async walk => await walk.GetAsync("slow")),
            new("a timeout that the endpoint switches off",
                map => map.MapGet("slow", (HttpContext c) =>
                {
                    c.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
                    return "fine";
                }).WithRequestTimeout("short"),
                async walk => await walk.GetAsync("slow")),
            new("the rate limiter refuses the second at once",
                map => map.MapGet("one", async (Gates gates, HttpContext c) => await gates["limited"].PassAsync(c.RequestAborted)).RequireRateLimiting("one"),
                async walk =>
                {
                    // One node's limiter is one node's: a client with a session meets the same.
                    var first = walk.Client.FetchAsync("one");
                    await walk.Gate("limited").Reached.For("the first at its gate");
                    walk.Note($"{(int)(await Limited(walk)).Status}");
                    walk.Gate("limited").Open();
                    walk.Note($"{(int)(await first).Status}");
                }),
            new("preflight, and a request from another origin",
                map => map.MapGet("shared", (HttpContext c) => c.Response.Headers["X-Seen"] = "1"),
                async walk =>
                {
                    await walk.Client.SendAsync(Client.Request(HttpMethod.Options, "shared", "Origin: http://other.test", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: X-Own"));
                    await walk.GetAsync("shared", "Origin: http://other.test");
                    await walk.GetAsync("shared", "Origin: http://strange.test");
                }),
            new("a path base of the app's",
                map => map.MapGet("where", (HttpContext c, LinkGenerator links) => $"{c.Request.PathBase} {c.Request.Path}"),
                async walk =>
                {
                    var path = walk.Address.AbsolutePath;
                    await walk.GetAsync($"/base{path}where");
                    await walk.GetAsync($"{path}where");
                }),
            new("static files: whole, a range, not modified, HEAD",
                async walk =>
                {
                    var whole = await walk.Client.FetchAsync("/files/seeds.txt");
                    walk.Note($"{(int)whole.Status} {whole.Body} {whole["content-type"]} {whole["accept-ranges"]}");
                    await Plainly("/files/seeds.txt", "Range: bytes=2-4");
                    await Plainly("/files/seeds.txt", "Range: bytes=100-200");
                    await Plainly("/files/seeds.txt", $"If-None-Match: {whole["etag"]}");
                    await Plainly("/files/seeds.txt", $"If-Modified-Since: {whole["last-modified"]}");
                    var head = await walk.Client.FetchAsync(new HttpRequestMessage(HttpMethod.Head, "/files/seeds.txt"));
                    walk.Note($"{(int)head.Status} {head["content-length"]}");
                    await Plainly("/files/none.txt");
                    await Plainly("/files/../secret");

                    async Task Plainly(string path, params string[] headers)
                    {
                        var reply = await walk.Client.FetchAsync(path, headers);
                        walk.Note($"{path} {headers.Length}: {(int)reply.Status} {reply["content-range"]} {(reply.Status == System.Net.HttpStatusCode.NotFound ? "" : reply.Body)}");
                    }
                }),
            new("health is the app's", async walk => await walk.GetAsync("/health")),
            new("what forwarded headers of a client come to, behind nobody that is trusted",
                map => map.MapGet("who", (HttpContext c) => $"{c.Request.Scheme} {c.Connection.RemoteIpAddress}"),
                async walk => await walk.GetAsync("who")),
            new("middleware that answers by itself, and changes headers on the way out",
                map => map.MapGet("late", (HttpContext c) =>
                {
                    c.Response.OnStarting(() =>
                    {
                        c.Response.Headers["X-Cookies"] = c.Response.Headers.SetCookie.Count.ToString(CultureInfo.InvariantCulture);
                        return Task.CompletedTask;
                    });
                    c.Session.SetString("a", "1");
                }),
                async walk => await walk.GetAsync("late")),
            new("middleware before the session's that looks at its cookie on the way out",
                map => map.MapGet("none", (HttpContext c) => c.Session.SetString("a", "1")),
                async walk => await walk.GetAsync("none")),
        ],
    };

    /// <summary>The case's first client has no session: its requests may go to any node, so it asks until it meets the one.</summary>
    private static async Task<Reply> Limited(Walk walk)
    {
        for (var i = 0; ; i++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                using var response = await walk.NewClient().Http.GetAsync("one", limit.Token);
                return await Reply.ReadAsync(response);
            }
            catch (OperationCanceledException) when (i < 5)
            {
                // It waits at the gate of the other node.
            }
        }
    }

    private static string Throw() => throw new InvalidOperationException("boom");

    private static string Site()
    {
        var site = Path.Combine(AppContext.BaseDirectory, "site");
        Directory.CreateDirectory(site);
        var file = Path.Combine(site, "seeds.txt");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, "0123456789");
            File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        return site;
    }
}
