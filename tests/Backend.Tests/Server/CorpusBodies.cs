using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using static Pomegranate.Backend.Tests.Server.Attempt;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>How an app reads a request and writes a response.</summary>
internal static class CorpusBodies
{
    public static void Map(WebApplication app)
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
}
