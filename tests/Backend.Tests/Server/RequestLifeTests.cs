using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The order of a request's life, and who sees what when it ends badly.</summary>
public sealed class RequestLifeTests
{
    [Fact]
    public async Task Events_OfOneRequest_HappenInTheDocumentedOrder()
    {
        var order = new List<string>();
        var over = new TaskCompletionSource();
        var session = new TestSession { OnCommit = () => Note("commit") };
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", async (HttpContext c) =>
        {
            c.Response.OnStarting(() => Note("starting registered first"));
            c.Response.OnStarting(() => Note("starting registered last"));
            c.Response.OnCompleted(() =>
            {
                Note("completed registered first");
                over.SetResult();
                return Task.CompletedTask;
            });
            c.Response.OnCompleted(() => Note($"completed registered last, context {c.Request.Path}"));
            await Note("app");
            await c.Response.WriteAsync("body");
            await Note("app, read-only " + c.Response.Headers.IsReadOnly);
        }));

        var response = await app.GetAsync("/", session);
        await over.Task.For("the OnCompleted callbacks");

        Assert.Equal("body", response.Text());
        Assert.Equal(1, session.Commits);
        Assert.Equal(
            [
                "app", "starting registered last", "starting registered first", "commit", "app, read-only True",
                "completed registered last, context /", "completed registered first",
            ], order);

        Task Note(string what)
        {
            order.Add(what);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Exception_Unhandled_IsLoggedInKestrelsWords()
    {
        await using var app = await ServedApp.StartAsync(RequestEndings.Map);

        Assert.Equal(500, (await app.GetAsync("/thrown")).StatusCode);

        Assert.Contains(app.Log.Entries, e => e == (LogLevel.Error, 2100,
            "Connection id \"FRONT1\", Request id \"FRONT1:00000001\": An unhandled exception was thrown by the application."));
    }

    [Fact]
    public async Task Exception_AfterTheStart_CutsTheConnection()
    {
        await using var app = await ServedApp.StartAsync(RequestEndings.Map);

        var failure = await Assert.ThrowsAsync<ResponseAbortedException>(() => app.GetAsync("/thrown-started"));

        Assert.Equal(AbortReason.Failure, failure.Reason);
        Assert.Equal("boom", failure.InnerException?.Message);
    }

    [Fact]
    public async Task Abort_ByTheApp_FiresItsTokenAndCutsTheConnection()
    {
        var fired = new TaskCompletionSource();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", async (HttpContext c) =>
        {
            c.RequestAborted.Register(fired.SetResult);
            c.Abort();
            await fired.Task.For("RequestAborted to fire");
            Assert.True(c.RequestAborted.IsCancellationRequested);
            await c.Response.WriteAsync("into the void");
        }));

        var failure = await Assert.ThrowsAsync<ResponseAbortedException>(() => app.GetAsync("/"));

        Assert.Equal(AbortReason.Application, failure.Reason);
        Assert.DoesNotContain(app.Log.Entries, e => e.Id == 2100);
    }

    [Fact]
    public async Task Client_Gone_CancelsTheAppWithoutAnErrorInTheLog()
    {
        using var gone = new CancellationTokenSource();
        var waiting = new TaskCompletionSource();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", async (HttpContext c) =>
        {
            waiting.SetResult();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        }));

        var response = app.SendAsync("GET", "/", clientGone: gone.Token);
        await waiting.Task.For("the app to wait");
        await gone.CancelAsync();
        var failure = await Assert.ThrowsAsync<ResponseAbortedException>(() => response);

        Assert.Equal(AbortReason.ClientGone, failure.Reason);
        Assert.DoesNotContain(app.Log.Entries, e => e.Level >= LogLevel.Error);
        Assert.Contains(app.Log.Entries, e => e.Id == 2101);
    }

    [Fact]
    public async Task Client_GoneAfterTheResponse_DoesNotReachTheApp()
    {
        using var gone = new CancellationTokenSource();
        var delivered = new TaskCompletionSource();
        var seen = new TaskCompletionSource<bool>();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
        {
            c.Response.OnCompleted(async () =>
            {
                await delivered.Task;

                // Asked for only now: a token fetched earlier would be cancelled at the thread pool's leisure.
                seen.SetResult(c.RequestAborted.IsCancellationRequested);
            });
        }));

        await app.SendAsync("GET", "/", clientGone: gone.Token);
        await gone.CancelAsync();
        delivered.SetResult();

        Assert.False(await seen.Task.For("OnCompleted"));
    }

    [Fact]
    public async Task OnCompleted_ThatThrows_IsLoggedAndTheOthersRun()
    {
        var over = new TaskCompletionSource();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
        {
            c.Response.OnCompleted(() =>
            {
                over.SetResult();
                return Task.CompletedTask;
            });
            c.Response.OnCompleted(() => throw new InvalidOperationException("late"));
        }));

        Assert.Equal(200, (await app.GetAsync("/")).StatusCode);
        await over.Task.For("the other callback");
        Assert.Contains(app.Log.Entries, e => e.Id == 2100);
    }

    [Fact]
    public async Task Body_AfterTheAppReturned_IsClosed()
    {
        var over = new TaskCompletionSource();
        await using var app = await ServedApp.StartAsync(a => a.MapPost("/", (HttpContext c) =>
        {
            var (request, response) = (c.Request.Body, c.Response.Body);
            c.Response.OnCompleted(async () =>
            {
                await Assert.ThrowsAsync<ObjectDisposedException>(() => request.ReadExactlyAsync(new byte[1]).AsTask());
                await Assert.ThrowsAsync<ObjectDisposedException>(() => response.WriteAsync(new byte[1]).AsTask());
                over.SetResult();
            });
        }));

        await app.SendAsync("POST", "/", [1]);

        await over.Task.For("the refused read and write");
    }

    [Fact]
    public async Task Connection_OfTheContext_IsTheClientsWithTheFrontend()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
            $"{c.Connection.RemoteIpAddress}:{c.Connection.RemotePort} {c.Connection.LocalIpAddress}:{c.Connection.LocalPort} {c.Connection.Id} {c.TraceIdentifier}"));

        Assert.Equal("10.1.2.3:4567 10.9.8.7:80 FRONT1 FRONT1:00000001", (await app.GetAsync("/")).Text());
    }
}
