using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Conformance.App;

/// <summary>What ASP.NET Core's own tests of Kestrel, TestHost and hosting try of a request's life, in our words.</summary>
internal static class LifeScenarios
{
    public static void Map(WebApplication app)
    {
        app.Map("/scenario/completed/{how}/{number}", (string how, string number, HttpContext c) => EndAsync(c, how, number));
        app.Map("/scenario/completed-nested/{number}", (string number, HttpContext c) =>
        {
            c.Response.OnCompleted(() =>
            {
                c.Response.OnCompleted(() =>
                {
                    Notes.Of(number).TrySetResult("the inner one ran");
                    return Task.CompletedTask;
                });
                return Task.CompletedTask;
            });
            return c.Response.WriteAsync("nested");
        });
        app.Map("/scenario/completed-throw/{number}", (string number, HttpContext c) =>
        {
            c.Response.OnCompleted(() => Notes.Of(number).TrySetResult("the first registered ran") ? throw new InvalidOperationException("first") : Task.CompletedTask);
            c.Response.OnCompleted(() => throw new InvalidOperationException("second"));
            return c.Response.WriteAsync("fine");
        });
        app.Map("/scenario/aborted-write/{number}", async (string number, HttpContext c) =>
        {
            c.Abort();
            var written = await c.Response.BodyWriter.WriteAsync("into the void"u8.ToArray());
            Notes.Of(number).SetResult($"{written.IsCompleted} {written.IsCanceled}");
        });
        app.Map("/scenario/own-context", (HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpRequestFeature>().Headers = new HeaderDictionary { ["X-Own"] = "1" };
            c.Features.GetRequiredFeature<IHttpResponseFeature>().Headers["X-Before"] = "1";
            c.Request.Body = new MemoryStream("own"u8.ToArray());
            c.Response.Headers["X-Own"] = c.Request.Headers["X-Own"];
            c.Items["own"] = true;
            c.TraceIdentifier = "xyz123";
            return c.Response.WriteAsync($"{c.TraceIdentifier} {c.Request.Headers.Count} {new StreamReader(c.Request.Body).ReadToEnd()}");
        });
        app.Map("/scenario/fresh-context", (HttpContext c) =>
            $"{c.TraceIdentifier != "xyz123"} {c.Request.Headers.ContainsKey("X-Own")} {c.Request.Headers.ContainsKey("Host")} {c.Request.Body is MemoryStream} {c.Items.Count} {c.Response.Headers.Count}");
        app.Map("/scenario/accessor", (HttpContext c, IHttpContextAccessor accessor) => $"{ReferenceEquals(c, accessor.HttpContext)}");
        app.Map("/scenario/scopes", (HttpContext c) =>
            $"{c.RequestServices is not null} {ReferenceEquals(c.RequestServices, app.Services)} {ReferenceEquals(c.RequestServices, c.Features.Get<IServiceProvidersFeature>()?.RequestServices)}");
    }

    private static async Task EndAsync(HttpContext context, string how, string number)
    {
        var started = false;
        context.Response.OnStarting(() =>
        {
            started = true;
            return Task.CompletedTask;
        });
        context.Response.OnCompleted(() =>
        {
            Notes.Of(number).SetResult($"OnStarting {started}, {context.Response.HasStarted}, status {context.Response.StatusCode}, {context.Response.ContentLength}");
            return Task.CompletedTask;
        });
        switch (how)
        {
            case "throw":
                context.Response.ContentLength = 11;
                throw new InvalidOperationException("boom");
            case "abort":
                context.Abort();
                break;
            case "abort-throw":
                context.Abort();
                throw new InvalidOperationException("boom");
            case "abort-wait":
                context.Abort();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "written":
                await context.Response.WriteAsync("written");
                break;
            case "nothing":
                break;
            case "missing":
                context.Response.StatusCode = 404;
                break;
        }
    }
}
