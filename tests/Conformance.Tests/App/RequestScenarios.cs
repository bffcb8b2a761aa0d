using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Conformance.App;

/// <summary>The ways to read a request that ASP.NET Core's own tests of Kestrel and of TestHost try, in our words.</summary>
internal static class RequestScenarios
{
    public static void Map(WebApplication app)
    {
        app.Map("/scenario/read-pipe", async (HttpContext c) =>
        {
            var read = await c.Request.BodyReader.ReadAsync();
            var said = $"{read.Buffer.Length} {read.IsCanceled}";
            c.Request.BodyReader.AdvanceTo(read.Buffer.End);
            var rest = await c.Request.BodyReader.ReadAsync();
            said += $" {rest.Buffer.Length} {rest.IsCompleted}";
            c.Request.BodyReader.AdvanceTo(rest.Buffer.End);
            return said;
        });
        app.Map("/scenario/read-cancelled", async (HttpContext c) =>
        {
            // What is there is read first, so that the next read waits for what never comes.
            await ReadAllAsync(c);
            c.Request.BodyReader.CancelPendingRead();
            var read = await c.Request.BodyReader.ReadAsync();
            c.Request.BodyReader.AdvanceTo(read.Buffer.End);
            return $"{read.IsCanceled}";
        });
        app.Map("/scenario/read-token", async (HttpContext c) =>
        {
            return await Said.ByAsync(() => c.Request.Body.ReadExactlyAsync(new byte[5], new CancellationToken(true)).AsTask());
        });
        app.Map("/scenario/read-complete-error", async (HttpContext c) =>
        {
            await ReadAllAsync(c);
            await c.Request.BodyReader.CompleteAsync(new InvalidOperationException("mine"));
            await c.Response.WriteAsync("not told");
        });
        app.Map("/scenario/read-unexamined", async (HttpContext c) =>
        {
            var read = await c.Request.BodyReader.ReadAsync();
            c.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            var again = await c.Request.BodyReader.ReadAsync();
            var text = Encoding.ASCII.GetString(System.Buffers.BuffersExtensions.ToArray(again.Buffer));
            c.Request.BodyReader.AdvanceTo(again.Buffer.End);
            text += $" {c.Request.BodyReader.TryRead(out var more)} {more.IsCompleted}";
            c.Request.BodyReader.AdvanceTo(more.Buffer.End);
            return text;
        });
        app.Map("/scenario/read-sync-allowed", (HttpContext c) =>
        {
            var control = c.Features.GetRequiredFeature<IHttpBodyControlFeature>();
            var before = control.AllowSynchronousIO;
            control.AllowSynchronousIO = true;
            var buffer = new byte[100];
            var count = 0;
            while (c.Request.Body.Read(buffer, count, 100 - count) is var read and > 0)
            {
                count += read;
            }

            return $"{before} {Encoding.ASCII.GetString(buffer, 0, count)}";
        });
        app.Map("/scenario/copy-sync", (HttpContext c) => Said.By(() => c.Request.Body.CopyTo(Stream.Null)));
        app.Map("/scenario/read-zero", async (HttpContext c) => $"{await c.Request.Body.ReadAsync(Memory<byte>.Empty)} {await c.Request.Body.ReadAsync(new byte[100])}");
        app.Map("/scenario/read-then-throw", async (HttpContext c) =>
        {
            await c.Request.Body.ReadExactlyAsync(new byte[1]);
            throw new InvalidOperationException("boom");
        });
        app.Map("/scenario/upgrade-refused", async (HttpContext c) =>
        {
            return await Said.ByAsync(() => c.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync());
        });
    }

    private static async Task ReadAllAsync(HttpContext context)
    {
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync();
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
