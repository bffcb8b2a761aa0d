using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Pomegranate.Conformance.App;

/// <summary>The ways an app reads a request's body.</summary>
internal static class BodyEndpoints
{
    public static void Map(WebApplication app)
    {
        app.Map("/form", async (HttpContext c) => Form(await c.Request.ReadFormAsync()));
        app.Map("/form-limits", async (HttpContext c) => Form(await c.Request.ReadFormAsync(new FormOptions
        {
            ValueCountLimit = 3, KeyLengthLimit = 10, ValueLengthLimit = 20, MultipartBodyLengthLimit = 100, MultipartHeadersCountLimit = 2,
        })));
        app.Map("/form-caught", async (HttpContext c) => await Said.ByAsync(async () => await c.Request.ReadFormAsync()));
        app.MapPost("/json-body", ([FromBody] Dictionary<string, int> values) => values.Sum(v => v.Value));
        app.MapPost("/upload", async (IFormFile file) => $"{file.Name} {file.FileName} {file.ContentType} {file.Length} {await ReadAsync(file.OpenReadStream())}")
            .DisableAntiforgery();
        app.Map("/unread", () => "read nothing");
        app.Map("/read-one", async (HttpContext c) =>
        {
            var one = new byte[1];
            return $"{await c.Request.Body.ReadAsync(one)} {one[0]}";
        });
        app.Map("/twice", async (HttpContext c) =>
        {
            c.Request.EnableBuffering();
            var first = await ReadAsync(c.Request.Body, leaveOpen: true);
            c.Request.Body.Position = 0;
            return $"{first}+{await ReadAsync(c.Request.Body)}";
        });
        app.Map("/pipe", async (HttpContext c) =>
        {
            var some = await c.Request.BodyReader.ReadAtLeastAsync(4);
            c.Request.BodyReader.AdvanceTo(some.Buffer.GetPosition(Math.Min(4, some.Buffer.Length)));
            return await ReadAsync(c.Request.Body);
        });
        app.Map("/limit/{bytes:long}", async (long bytes, HttpContext c) =>
        {
            c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = bytes;
            return await ReadAsync(c.Request.Body);
        });
        app.Map("/limit-late", async (HttpContext c) =>
        {
            await c.Request.Body.ReadExactlyAsync(new byte[1]);
            var feature = c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>();
            return $"{feature.IsReadOnly} {Said.By(() => feature.MaxRequestBodySize = 3)}";
        });
        app.Map("/limit-default", (HttpContext c) => $"{c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize}");
        app.Map("/read-sync", (HttpContext c) => Said.By(() => c.Request.Body.ReadByte()));
        app.Map("/read-closed", async (HttpContext c) =>
        {
            await c.Request.BodyReader.CompleteAsync();
            return await Said.ByAsync(async () => await c.Request.BodyReader.ReadAsync());
        });
        app.Map("/request-trailers", async (HttpContext c) =>
        {
            var before = c.Request.CheckTrailersAvailable();
            await ReadAsync(c.Request.Body);
            return $"{c.Request.SupportsTrailers()} {before} {c.Request.CheckTrailersAvailable()} {Said.By(() => c.Request.GetTrailer("X-Sum"))}";
        });
    }

    private static string Form(IFormCollection form)
        => string.Join('&', form.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={string.Join('|', f.Value.AsEnumerable())}"))
            + string.Concat(form.Files.Select(f => $"[{f.Name}:{f.FileName}:{f.ContentType}:{f.Length}:{f.Headers.Count}]"));

    private static async Task<string> ReadAsync(Stream body, bool leaveOpen = false)
    {
        using var reader = new StreamReader(body, Encoding.UTF8, leaveOpen: leaveOpen);
        var text = await reader.ReadToEndAsync();
        return text.Length <= 200 ? text : $"{text.Length} characters";
    }
}
