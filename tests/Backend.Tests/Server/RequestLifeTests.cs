using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

    [Theory]
    [InlineData("/unwritten")]
    [InlineData("/written")]
    [InlineData("/thrown")]
    [InlineData("/thrown-started")]
    [InlineData("/aborted")]
    [InlineData("/bad")]
    [InlineData("/invalid-head")]
    [InlineData("/long")]
    public async Task Session_HoweverTheRequestEnds_IsCommittedOnce(string path)
    {
        var session = new TestSession();
        await using var app = await ServedApp.StartAsync(MapEndings, Inline(1000));

        try
        {
            await app.GetAsync(path, session);
        }
        catch (ResponseAbortedException)
        {
        }

        Assert.Equal(1, session.Commits);
    }

    [Theory]
    [InlineData("/unwritten")]
    [InlineData("/written")]
    [InlineData("/caught")]
    [InlineData("/thrown")]
    [InlineData("/aborted")]
    public async Task Commit_ThatFails_DiscardsTheResponse(string path)
    {
        var session = new TestSession { OnCommit = () => Task.FromException(new SessionCommitException("no quorum")) };
        await using var app = await ServedApp.StartAsync(MapEndings);

        var failure = await Assert.ThrowsAsync<SessionCommitException>(() => app.GetAsync(path, session));

        Assert.Equal("no quorum", failure.Message);
        Assert.Equal(1, session.Commits);
    }

    [Fact]
    public async Task Response_BeforeTheCommitIsAcknowledged_IsNotDelivered()
    {
        var acknowledged = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        var session = new TestSession
        {
            OnCommit = () =>
            {
                asked.SetResult();
                return acknowledged.Task;
            },
        };
        await using var app = await ServedApp.StartAsync(MapEndings);

        var response = app.GetAsync("/unwritten", session);
        await asked.Task.For("the commit to be asked for");

        // That nothing comes can only be watched for a while; a wrong delivery comes at once, a right one never.
        var watched = Task.Delay(TimeSpan.FromMilliseconds(500));
        Assert.Same(watched, await Task.WhenAny(response, watched));
        acknowledged.SetResult();

        Assert.Equal(200, (await response).StatusCode);
    }

    [Fact]
    public async Task Session_OfTheContext_IsTheRequests()
    {
        var session = new TestSession();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
        {
            c.Session.SetString("k", "v");
            return c.Session.Id;
        }));

        Assert.Equal("test-session", (await app.GetAsync("/", session)).Text());
        Assert.True(session.TryGetValue("k", out _));
    }

    [Fact]
    public async Task Exception_Unhandled_IsLoggedInKestrelsWords()
    {
        await using var app = await ServedApp.StartAsync(MapEndings);

        Assert.Equal(500, (await app.GetAsync("/thrown")).StatusCode);

        Assert.Contains(app.Log.Entries, e => e == (LogLevel.Error, 2100,
            "Connection id \"FRONT1\", Request id \"FRONT1:00000001\": An unhandled exception was thrown by the application."));
    }

    [Fact]
    public async Task Exception_AfterTheStart_CutsTheConnection()
    {
        await using var app = await ServedApp.StartAsync(MapEndings);

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

    [Theory]
    [InlineData("/long", 1001)]
    [InlineData("/long-advance", 1001)]
    [InlineData("/limit", 1000)]
    public async Task Response_AroundTheInlineLimit_IsWhole(string path, int length)
    {
        await using var app = await ServedApp.StartAsync(MapEndings, Inline(1000));

        Assert.Equal(length, (await app.GetAsync(path)).Body.Length);
    }

    [Fact]
    public async Task Response_OfExactlyTheLimit_Passes()
    {
        await using var app = await ServedApp.StartAsync(MapEndings, Inline(1000));

        Assert.Equal(1000, (await app.GetAsync("/limit")).Body.Length);
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
    public async Task Trailers_OfHttp2_AreInTheResponse()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) => c.Response.AppendTrailer("grpc-status", "0")));

        var response = await app.SendAsync("GET", "/", protocol: "HTTP/2");

        Assert.Equal(["grpc-status"], response.Trailers.Select(t => t.Key));
    }

    [Fact]
    public async Task Connection_OfTheContext_IsTheClientsWithTheFrontend()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
            $"{c.Connection.RemoteIpAddress}:{c.Connection.RemotePort} {c.Connection.LocalIpAddress}:{c.Connection.LocalPort} {c.Connection.Id} {c.TraceIdentifier}"));

        Assert.Equal("10.1.2.3:4567 10.9.8.7:80 FRONT1 FRONT1:00000001", (await app.GetAsync("/")).Text());
    }

    private static Action<WebApplicationBuilder> Inline(int bytes) => b => Microsoft.Extensions.DependencyInjection
        .OptionsServiceCollectionExtensions.Configure<PomegranateServerOptions>(b.Services, o => o.InlineResponseBytes = bytes);

    private static void MapEndings(WebApplication app)
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
