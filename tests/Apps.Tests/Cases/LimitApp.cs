using System.Text;
using Microsoft.AspNetCore.Hosting;

namespace Pomegranate.Apps.Cases;

/// <summary>An app that has changed Kestrel's limits and encodings.</summary>
internal static class LimitApp
{
    public static TriedApp App => new("limits")
    {
        Services = builder => builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestHeadersTotalSize = 100 * 1024;
            kestrel.Limits.MaxRequestLineSize = 40 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 300;
            kestrel.Limits.MaxRequestBodySize = 1000;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.AddServerHeader = false;
        }),
        Cases =
        [
            new("a cookie of 40 KB", map => map.MapGet("c", (HttpContext c) => $"{c.Request.Headers.Cookie.ToString().Length}"),
                async walk => await walk.NewClient().GetAsync("c", $"Cookie: a={new string('x', 40_000)}")),
            new("16 KB of query", map => map.MapGet("q", (string q) => $"{q.Length}"),
                async walk => walk.Note((await walk.Client.FetchAsync($"q?q={new string('x', 16_000)}")).Body)),
            new("two hundred headers", map => map.MapGet("h", (HttpContext c) => $"{c.Request.Headers.Count(h => h.Key.StartsWith("X-Seed-", StringComparison.Ordinal))}"),
                async walk => await walk.GetAsync("h", [.. Enumerable.Range(0, 200).Select(i => $"X-Seed-{i}: {i}")])),
            new("a Latin-1 header to the app", map => map.MapGet("in", (HttpContext c) => $"{c.Request.Headers["X-Name"]}"),
                async walk => await walk.GetAsync("in", "X-Name: Perséphone")),
            new("a Latin-1 header from the app", map => map.MapGet("out", (HttpContext c) => c.Response.Headers["X-Name"] = "Perséphone"),
                async walk => await walk.GetAsync("out")),
            new("a body over the app's limit is 413", map => map.MapPost("b", async (HttpContext c) =>
                {
                    await c.Request.Body.CopyToAsync(Stream.Null);
                    return "read";
                }),
                async walk =>
                {
                    await walk.PostAsync("b", new ByteArrayContent(new byte[1000]));
                    await walk.PostAsync("b", new ByteArrayContent(new byte[1001]));
                }),
            new("a limit that the endpoint raises", map => map.MapPost("b", async (HttpContext c) =>
                {
                    await c.Request.Body.CopyToAsync(Stream.Null);
                    return "read";
                }).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(100_000)),
                async walk => await walk.PostAsync("b", new ByteArrayContent(new byte[50_000]))),
        ],
    };
}
