using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>An app whose requests end in every way requests do.</summary>
internal static class RequestEndings
{
    /// <summary>Responses up to this length leave in one message.</summary>
    public static Action<WebApplicationBuilder> Inline(int bytes) => b => Microsoft.Extensions.DependencyInjection
        .OptionsServiceCollectionExtensions.Configure<PomegranateServerOptions>(b.Services, o => o.InlineResponseBytes = bytes);

    public static void Map(WebApplication app)
    {
        app.MapGet("/unwritten", () => { });
        app.MapGet("/written", (HttpContext c) => c.Response.WriteAsync("x"));
        app.MapGet("/caught", async (HttpContext c) =>
        {
            for (var i = 0; i < 2; i++)
            {
                await Assert.ThrowsAsync<SessionCommitException>(() => c.Response.WriteAsync("x"));
            }
        });
        app.MapGet("/thrown", Task (HttpContext c) => throw new InvalidOperationException("boom"));
        app.MapGet("/thrown-started", async (HttpContext c) =>
        {
            await c.Response.WriteAsync("x");
            throw new InvalidOperationException("boom");
        });
        app.MapGet("/aborted", (HttpContext c) => c.Abort());
        app.MapGet("/bad", Task (HttpContext c) => throw new BadHttpRequestException("bad"));
        app.MapGet("/invalid-head", (HttpContext c) =>
        {
            (c.Response.StatusCode, c.Response.ContentLength) = (204, 5);
            return c.Response.StartAsync();
        });
        app.MapGet("/limit", (HttpContext c) => c.Response.Body.WriteAsync(new byte[1000]).AsTask());
        app.MapGet("/long", async (HttpContext c) =>
        {
            await c.Response.Body.WriteAsync(new byte[999]);
            await c.Response.Body.WriteAsync(new byte[2]);
        });
        app.MapGet("/long-advance", (HttpContext c) =>
        {
            c.Response.BodyWriter.GetMemory(2000);
            c.Response.BodyWriter.Advance(1001);
        });
    }
}
