using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The server's own start and stop, and what it takes over from Kestrel's options.</summary>
public sealed class ServerLifeTests
{
    [Fact]
    public async Task Urls_OfTheApp_AreEmptyAndDoNotThrow()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", () => "x"), b => b.Configuration["urls"] = "http://localhost:1");

        Assert.Empty(app.App.Urls);
    }

    [Fact]
    public async Task Ready_OfAnAppThatNeverStarted_IsCancelled()
    {
        var server = new PomegranateServer(
            Microsoft.Extensions.Options.Options.Create(new PomegranateServerOptions()),
            Microsoft.Extensions.Options.Options.Create(new KestrelServerOptions()),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<PomegranateServer>.Instance);
        var waiting = server.Ready;
        Assert.False(waiting.IsCompleted);

        server.Dispose();

        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting.For("Ready to be cancelled"));
    }

    [Fact]
    public async Task Stop_DrainsWhileRequestsAreTaken_ThenWaitsForTheRunningOne()
    {
        var drain = new TestDrain();
        var (running, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await ServedApp.StartAsync(
            a =>
            {
                a.MapGet("/slow", async () =>
                {
                    running.SetResult();
                    await finish.Task;
                    return "finished";
                });
                a.MapGet("/fast", () => "fast");
            },
            b => b.Services.AddSingleton<IServerDrain>(drain));
        var slow = app.GetAsync("/slow");
        await running.Task.For("the slow request to run");

        var stop = app.App.StopAsync();
        await drain.Started.Task.For("the drain to start");
        Assert.Equal("fast", (await app.GetAsync("/fast")).Text());
        drain.Finish.SetResult();
        Assert.False(stop.IsCompleted);
        finish.SetResult();

        Assert.Equal("finished", (await slow).Text());
        await stop.For("the stop");
        await Assert.ThrowsAsync<InvalidOperationException>(() => app.GetAsync("/fast"));
    }

    [Fact]
    public async Task Stop_OutOfTime_AbortsTheRunningRequest()
    {
        var running = new TaskCompletionSource();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", async (HttpContext c) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        }));
        var response = app.GetAsync("/");
        await running.Task.For("the request to run");

        await app.App.StopAsync(new CancellationToken(canceled: true)).For("the stop");

        var failure = await Assert.ThrowsAsync<ResponseAbortedException>(() => response);
        Assert.Equal(AbortReason.ServerStopping, failure.Reason);
    }

    [Fact]
    public async Task Drain_ThatFails_DoesNotKeepTheServerFromStopping()
    {
        var drain = new TestDrain();
        drain.Finish.SetException(new InvalidOperationException("cluster unreachable"));
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", () => "x"), b => b.Services.AddSingleton<IServerDrain>(drain));

        await app.App.StopAsync().For("the stop");

        Assert.Contains(app.Log.Entries, e => e.Id == 2112);
        Assert.Contains(app.Log.Entries, e => e.Id == 2114);
    }

    [Fact]
    public async Task Options_ThatTheAppGaveKestrel_KeepTheirMeaning()
    {
        await using var app = await ServedApp.StartAsync(
            a => a.MapPost("/", (HttpContext c) =>
            {
                c.Response.Headers["X-Latin"] = "\u00e9";
                return c.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO
                    + " " + c.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize;
            }),
            b => b.Services.Configure<KestrelServerOptions>(o =>
            {
                o.AllowSynchronousIO = true;
                o.Limits.MaxRequestBodySize = 99;
                o.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            }));

        var response = await app.SendAsync("POST", "/", [1]);

        Assert.Equal("True 99", response.Text());
        Assert.Equal("\u00e9", response.Header("X-Latin"));
    }

    [Fact]
    public async Task ExecutionContext_OfTheCaller_DoesNotFlowIntoTheApp()
    {
        var local = new AsyncLocal<string> { Value = "actor's" };
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", () => local.Value ?? "clean"));

        Assert.Equal("clean", (await app.GetAsync("/")).Text());
    }

    [Fact]
    public async Task Start_Twice_IsRefused()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", () => "x"));
        var server = app.App.Services.GetRequiredService<IServer>();

        await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAsync<object>(null!, CancellationToken.None));
    }

    private sealed class TestDrain : IServerDrain
    {
        public TaskCompletionSource Started { get; } = new();

        public TaskCompletionSource Finish { get; } = new();

        public Task DrainAsync(CancellationToken cancellationToken)
        {
            Started.TrySetResult();
            return Finish.Task;
        }
    }
}
