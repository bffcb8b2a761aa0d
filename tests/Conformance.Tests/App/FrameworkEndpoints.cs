using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Pomegranate.Conformance.App;

/// <summary>What ASP.NET Core itself makes of requests: results, sign-in, caches, compression, sessions.</summary>
internal static class FrameworkEndpoints
{
    public static void AddServices(IServiceCollection services)
    {
        services.AddControllersWithViews().AddApplicationPart(typeof(FrameworkEndpoints).Assembly);
        services.AddProblemDetails();
        services.AddHttpContextAccessor();
        services.AddAntiforgery();
        services.AddResponseCompression(options => options.EnableForHttps = true);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = System.IO.Compression.CompressionLevel.Fastest);
        services.AddResponseCaching();
        services.AddOutputCache(options => options.AddBasePolicy(policy => policy.With(_ => false)));
        services.AddCors(options => options.AddDefaultPolicy(policy => policy.WithOrigins("http://other.test").AllowCredentials().WithHeaders("X-Own")));
        services.AddAuthorization();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie => cookie.LoginPath = "/login")
            .AddScheme<AuthenticationSchemeOptions, BasicHandler>("Basic", null);
    }

    public static void Use(WebApplication app)
    {
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/caught"), branch => branch.UseExceptionHandler());
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/pages"), branch => branch.UseStatusCodePages());
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/compressed"), branch => branch.UseResponseCompression());
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/override"), branch => branch.UseHttpMethodOverride());
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/files"), branch => branch.UseDefaultFiles("/files").UseStaticFiles("/files"));
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/based"), branch => branch.UsePathBase("/based"));
    }

    public static void UseAfterRouting(WebApplication app)
    {
        app.UseCors();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseResponseCaching();
        app.UseOutputCache();
    }

    public static void Map(WebApplication app)
    {
        app.MapControllers();
        MapResults(app);
        MapSignIn(app);
        MapSession(app);
        app.MapGet("/pages/{code:int}", (int code) => Results.StatusCode(code));
        app.MapGet("/compressed/{count:int}", (int count) => Results.Text(new string('x', count), "text/plain"));
        app.MapGet("/compressed/type", (string type) => Results.Text(new string('x', 2000), type));
        app.MapGet("/compressed/length", (HttpContext c) =>
        {
            c.Response.ContentType = "text/plain";
            c.Response.ContentLength = 2000;
            return c.Response.WriteAsync(new string('x', 2000));
        });
        app.MapGet("/compressed/etag", (HttpContext c) =>
        {
            c.Response.Headers.ETag = "\"one\"";
            return Results.Text(new string('x', 2000), "text/plain");
        });
        app.MapGet("/compressed/flushed", async (HttpContext c) =>
        {
            c.Response.ContentType = "text/plain";
            for (var i = 0; i < 3; i++)
            {
                await c.Response.WriteAsync(new string('x', 100));
                await c.Response.Body.FlushAsync();
            }
        });
        app.MapGet("/cached", (HttpContext c) =>
        {
            c.Response.GetTypedHeaders().CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = TimeSpan.FromSeconds(60) };
            c.Response.GetTypedHeaders().Expires = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
            c.Response.Headers.Vary = "Accept-Language";
            return "cacheable";
        });
        app.MapGet("/output-cached", (HttpContext c) =>
        {
            c.Response.Headers.ETag = "\"seed\"";
            return "from the output cache, or not";
        }).CacheOutput(policy => policy.Expire(TimeSpan.FromMinutes(1)));
        app.MapGet("/cors", () => "shared").RequireCors(policy => policy.WithOrigins("http://other.test").AllowCredentials().WithHeaders("X-Own"));
        app.Map("/based/{**rest}", (HttpContext c) => $"{c.Request.PathBase} {c.Request.Path}");
    }

    private static void MapResults(WebApplication app)
    {
        var digits = Path.Combine(SiteFiles.WebRoot, "digits.txt");
        app.Map("/result/json", () => new { Name = "Perséphone", Seeds = 6 });
        app.Map("/result/json-stream", () => Seeds());
        app.Map("/result/text", () => Results.Text("é", "text/plain", System.Text.Encoding.UTF8));
        app.Map("/result/problem", () => Results.Problem("detail", statusCode: 409, title: "Conflict of seeds"));
        app.Map("/result/validation", () => Results.ValidationProblem(new Dictionary<string, string[]> { ["name"] = ["required"] }));
        app.Map("/result/nocontent", () => Results.NoContent());
        app.Map("/result/created", () => Results.Created("/seeds/1", new { Id = 1 }));
        app.Map("/result/accepted", () => Results.Accepted("/seeds/1"));
        app.Map("/result/notfound", () => Results.NotFound(new { Why = "eaten" }));
        app.Map("/result/union", Results<Ok<string>, NotFound> () => TypedResults.Ok("fine"));
        app.Map("/result/null", string? () => null);
        app.Map("/result/redirect", () => Results.Redirect("/elsewhere?x=1"));
        app.Map("/result/redirect-absolute", () => Results.Redirect("https://other.test/é"));
        app.Map("/result/redirect-permanent", () => Results.Redirect("/elsewhere", permanent: true));
        app.Map("/result/redirect-preserving", () => Results.Redirect("/elsewhere", permanent: true, preserveMethod: true));
        app.Map("/result/redirect-local", () => Results.LocalRedirect("~/here"));
        app.Map("/result/file", () => Results.File(digits, "text/plain", enableRangeProcessing: true, lastModified: SiteFiles.Modified, entityTag: new EntityTagHeaderValue("\"digits\"")));
        app.Map("/result/file-download", () => Results.File(digits, "text/plain", "dígits \"1\".txt"));
        app.Map("/result/bytes", () => Results.Bytes("0123456789"u8.ToArray(), "application/octet-stream", enableRangeProcessing: true));
        app.Map("/result/stream", () => Results.Stream(async stream => await stream.WriteAsync("streamed"u8.ToArray()), "text/plain"));
        app.MapGet("/result/route/{id:int}", (int id) => id);
        app.MapGet("/result/binding", (int a, string? b, [Microsoft.AspNetCore.Mvc.FromHeader(Name = "X-H")] string? h) => $"{a} {b} {h}");
    }

    private static async IAsyncEnumerable<int> Seeds()
    {
        for (var i = 0; i < 6; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static void MapSignIn(WebApplication app)
    {
        app.MapGet("/login", () => "sign in here");
        app.MapPost("/signin", async (HttpContext c) => await c.SignInAsync(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "demeter")], CookieAuthenticationDefaults.AuthenticationScheme))));
        app.MapPost("/signout", async (HttpContext c) => await c.SignOutAsync());
        app.MapGet("/private", (HttpContext c) => $"hello {c.User.Identity!.Name}").RequireAuthorization();
        app.MapGet("/private/role", () => "never").RequireAuthorization(policy => policy.RequireRole("queen"));
        app.MapGet("/private/basic", (HttpContext c) => $"hello {c.User.Identity!.Name}")
            .RequireAuthorization(policy => policy.AddAuthenticationSchemes("Basic").RequireAuthenticatedUser());
        app.MapGet("/antiforgery", (HttpContext c, IAntiforgery antiforgery) =>
        {
            c.Response.Headers["X-Keep-Token"] = antiforgery.GetAndStoreTokens(c).RequestToken;
            return "a token";
        });
        app.MapPost("/antiforgery", ([Microsoft.AspNetCore.Mvc.FromForm] string name) => $"posted {name}");
        app.MapPost("/antiforgery/asked", async (HttpContext c, IAntiforgery antiforgery) =>
            $"{await antiforgery.IsRequestValidAsync(c)}");
    }

    private static void MapSession(WebApplication app)
    {
        app.MapGet("/session/set", (string key, string value, HttpContext c) =>
        {
            c.Session.SetString(key, value);
            return "set";
        });
        app.MapGet("/session/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
        app.MapGet("/session/keys", (HttpContext c) => string.Join(',', c.Session.Keys.Order(StringComparer.Ordinal)));
        app.MapGet("/session/remove", (string key, HttpContext c) => c.Session.Remove(key));
        app.MapGet("/session/clear", (HttpContext c) => c.Session.Clear());
        app.MapGet("/session/number", (HttpContext c) =>
        {
            c.Session.SetInt32("n", (c.Session.GetInt32("n") ?? 0) + 1);
            return $"{c.Session.GetInt32("n")}";
        });
        app.MapGet("/session/facts", (HttpContext c) => $"{c.Session.IsAvailable} {c.Session.Id.Length > 0} {c.Features.Get<ISessionFeature>() is not null}");
        app.MapGet("/session/late", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("started;");
            await c.Response.WriteAsync(Said.By(() => c.Session.SetString("late", "1")));
        });
        app.MapGet("/session/throw", (HttpContext c) =>
        {
            c.Session.SetString("thrown", "1");
            throw new InvalidOperationException("boom");
        });
        app.MapGet("/session/scenario/case", (HttpContext c) =>
        {
            c.Session.SetString("KEY", "VALUE");
            c.Session.SetString("key", "value");
            return $"{c.Session.GetString("KEY")} {c.Session.GetString("key")} {c.Session.GetString("Key")}";
        });
        app.MapGet("/session/scenario/load-cancelled", async (HttpContext c) =>
        {
            return await Said.ByAsync(() => c.Session.LoadAsync(new CancellationToken(true)));
        });
        app.MapGet("/session/scenario/commit-cancelled", async (HttpContext c) =>
        {
            // What was set is committed at the end all the same.
            c.Session.SetInt32("key", 1);
            return (await Said.ByAsync(() => c.Session.CommitAsync(new CancellationToken(true)))).Split(':')[0];
        });
        app.MapGet("/session/scenario/aborted-token", (HttpContext c) =>
        {
            c.Session.SetInt32("key", 1);
            c.RequestAborted = new CancellationToken(true);
        });
        app.MapGet("/session/scenario/missing", (HttpContext c) =>
            $"{c.Session.TryGetValue("none", out var value)} {value is null} {c.Session.GetInt32("none")} {Said.By(() => c.Session.Remove("none"))}");
        app.MapGet("/session/scenario/null-value", (HttpContext c) => $"{Said.By(() => c.Session.Set("key", null!))} {Said.By(() => c.Session.Set(null!, [1])).Split(':')[0]}");
    }
}

/// <summary>Basic authentication of one user, who is called demeter and whose password is corn.</summary>
internal sealed class BasicHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        if (header["Basic ".Length..] != Convert.ToBase64String("demeter:corn"u8))
        {
            return Task.FromResult(AuthenticateResult.Fail("Not this user."));
        }

        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "demeter")], Scheme.Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Basic realm=\"orchard\", charset=\"UTF-8\"";
        return Task.CompletedTask;
    }
}
