using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Conformance.App;

/// <summary>The moments of a response: OnStarting, OnCompleted, and what is fixed when.</summary>
internal static class LifeEndpoints
{
    /// <summary>What OnCompleted callbacks said, by the number their request had.</summary>
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> Completed = new();

    public static void Map(WebApplication app)
    {
        app.Map("/order", async (HttpContext c) =>
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
                c.Response.StatusCode = 203;
            });
            await c.Response.WriteAsync("x");
        });
        app.Map("/starting-unwritten", (HttpContext c) => c.Response.OnStarting(state =>
        {
            ((HttpResponse)state).Headers["X-Late"] = "yes";
            return Task.CompletedTask;
        }, c.Response));
        app.Map("/after-start", async (HttpContext c) =>
        {
            await c.Response.StartAsync();
            var feature = c.Features.GetRequiredFeature<IHttpResponseFeature>();
            await c.Response.WriteAsync(string.Join('\n', [
                Said.By(() => c.Response.StatusCode = 404),
                Said.By(() => feature.ReasonPhrase = "x"),
                Said.By(() => c.Response.Headers["X"] = "y"),
                Said.By(() => c.Response.Headers.Remove("X")),
                Said.By(() => c.Response.Headers.Clear()),
                Said.By(() => c.Response.ContentLength = 3),
                Said.By(() => c.Response.OnStarting(() => Task.CompletedTask)),
                Said.By(() => c.Response.Cookies.Append("a", "b")),
                Said.By(() => c.Response.Clear()),
                Said.By(() => c.Response.Redirect("/")),
                $"{c.Response.Headers.IsReadOnly}",
            ]));
        });

        // The number is drawn here and told to the client, as both sides run in one process.
        app.Map("/oncompleted", (HttpContext c) =>
        {
            var number = Guid.NewGuid().ToString("N");
            var said = Completed[number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var order = "";
            c.Response.Headers["X-Keep-Number"] = number;
            c.Response.OnCompleted(() =>
            {
                said.SetResult($"{order}1 {c.Response.HasStarted} {c.Response.StatusCode} {c.Request.Path}");
                return Task.CompletedTask;
            });
            c.Response.OnCompleted(() =>
            {
                order += "2";
                return Task.CompletedTask;
            });
            c.Response.RegisterForDispose(new OnDispose(() => order += "d"));
            return c.Response.WriteAsync("completes");
        });
        app.Map("/oncompleted/{number}", (string number) => Completed[number].Task.For("the request's OnCompleted callback"));
    }

    private sealed class OnDispose(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
