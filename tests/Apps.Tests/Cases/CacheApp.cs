using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Memory;

namespace Pomegranate.Apps.Cases;

/// <summary>
/// An app with an output cache and a response cache, and sessions inside of both. Each case asks one client after another, so
/// that what one got must not reach the other. What a cache holds is each node's own: cases do not count on hits.
/// </summary>
internal static class CacheApp
{
    public static TriedApp App => new("caches")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddOutputCache();
            builder.Services.AddResponseCaching();
            builder.Services.AddMemoryCache();
        },
        Pipeline = app =>
        {
            app.UseResponseCaching();
            app.UseOutputCache();
            app.UseSession();
        },
        Endpoints = app => app.MapGet("/begin", (HttpContext c) => c.Session.SetString("begun", "")),
        Cases =
        [
            new("two cookieless clients of a cached page with session data get two pages",
                map => map.MapGet("mine", Mine).CacheOutput(),
                TwoClientsAsync),
            new("a page that is cached and varies by query, with session data",
                map => map.MapGet("mine", Mine).CacheOutput(policy => policy.SetVaryByQuery("x")),
                TwoClientsAsync),
            new("the response cache keeps a public page",
                map => map.MapGet("public", (HttpContext c) =>
                {
                    c.Response.Headers.CacheControl = "public,max-age=60";
                    return "the same";
                }),
                async walk =>
                {
                    await walk.GetAsync("public");
                    await walk.NewClient().GetAsync("public");
                }),
            new("a client with a session gets a page from the response cache as others do",
                map => map.MapGet("public", (HttpContext c) =>
                {
                    c.Response.Headers.CacheControl = "public,max-age=60";
                    return c.Session.GetString("none") ?? "the same";
                }),
                async walk =>
                {
                    await walk.GetAsync("public");
                    await walk.GetAsync("/begin");
                    await walk.GetAsync("public");
                    await walk.NewClient().GetAsync("public");
                }),
            new("a page without a session is cached and the same for all",
                map => map.MapGet("public", () => "the same").CacheOutput(),
                async walk =>
                {
                    await walk.GetAsync("public");
                    await walk.NewClient().GetAsync("public");
                }),
            new("a client with a session may get a cached page, and no cookie with it",
                map => map.MapGet("public", () => "the same").CacheOutput(),
                async walk =>
                {
                    await walk.GetAsync("/begin");
                    await walk.GetAsync("public");
                    await walk.GetAsync("public");
                    await walk.NewClient().GetAsync("public");
                }),
            new("a page that sets a cookie of the app is not cached",
                map => map.MapGet("cookie", (HttpContext c) =>
                {
                    var n = Guid.NewGuid().ToString();
                    c.Response.Cookies.Append("seed", n);
                    return n;
                }).CacheOutput(),
                async walk =>
                {
                    var (one, other) = (await walk.GetAsync("cookie"), await walk.NewClient().GetAsync("cookie"));
                    walk.Note($"differ: {one.Body != other.Body}");
                }),
            new("a session that is only read is no reason not to cache",
                map => map.MapGet("read", (HttpContext c) => c.Session.GetString("none") ?? "(none)").CacheOutput(),
                async walk =>
                {
                    await walk.GetAsync("read");
                    await walk.NewClient().GetAsync("read");
                }),
            new("eviction by tag",
                map =>
                {
                    map.MapGet("tagged", () => "tagged").CacheOutput(policy => policy.Tag("seeds"));
                    map.MapPost("evict", (IOutputCacheStore store, CancellationToken cancellation) => store.EvictByTagAsync("seeds", cancellation));
                },
                async walk =>
                {
                    await walk.GetAsync("tagged");
                    await walk.PostAsync("evict");
                    await walk.GetAsync("tagged");
                }),
            new("IMemoryCache within a request",
                map => map.MapGet("memory", (IMemoryCache cache) => cache.GetOrCreate("k", _ => "made")),
                async walk =>
                {
                    await walk.GetAsync("memory");
                    await walk.GetAsync("memory");
                }),
        ],
    };

    private static string Mine(HttpContext c)
    {
        var mine = c.Session.GetString("id") ?? Guid.NewGuid().ToString();
        c.Session.SetString("id", mine);
        return mine;
    }

    private static async Task TwoClientsAsync(Walk walk)
    {
        for (var i = 0; i < 4; i++)
        {
            // Until two have met the same node.
            await walk.NewClient().GetAsync("mine");
        }
    }
}
