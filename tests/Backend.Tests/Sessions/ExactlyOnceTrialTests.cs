using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Requests in doubt meet an app that answers in every way apps do.</summary>
public sealed class ExactlyOnceTrialTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private ServedApp _app = null!;
    private int _middlewareRuns;

    public async Task InitializeAsync() => _app = await ServedApp.StartAsync(
        app =>
        {
            app.Use(async (context, next) =>
            {
                _middlewareRuns++;
                await next(context);
            });
            app.Map("/branch", branch => branch.Run(SayAsync));
            app.Use((context, next) =>
            {
                // Rewrites a marked endpoint's path to another's, behind the trial's back.
                context.Request.Path = context.Request.Path .Value switch
                {
                    "/once/rewritten" => "/once/special",
                    "/rewritten" => "/token/7",
                    var path => path,
                };
                return next(context);
            });
            app.UseRouting();
            app.MapPost("/once/{id}", SayAsync).ExactlyOnce();
            app.MapPost("/once/special", SayAsync);
            app.MapGet("/token/{id}", SayAsync).NeverRepeat();
            app.MapGet("/page", SayAsync);
            app.MapPost("/short", SayAsync).ShortCircuit();
            app.MapPost("/short-once", SayAsync).ExactlyOnce().ShortCircuit();
            app.MapPost("/long", context => context.Response.WriteAsync(new string('x', 100_000))).ExactlyOnce();
            app.MapControllers();
        },
        builder =>
        {
            builder.Services.AddControllers();
            builder.Services.AddSingleton<IStartupFilter, ExactlyOnceTrial>();
        });

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData("/once/7")]
    [InlineData("/short-once")]
    [InlineData("/orders/once")]
    public async Task MarkedEndpoint_RunsThroughTheWholeApp(string path)
    {
        var (session, run) = Post(path);
        Assert.True(Assert.Single((await _home.Replica.AcknowledgeAsync()).Attributes.Select(a => Outcomes.IsKey(a.Key))));

        var response = (await run.For("the response"))!;
        Assert.Equal((200, false, 1), (response.StatusCode, session.IsTurnedAway, _middlewareRuns));
        Assert.Equal(path, System.Text.Encoding.UTF8.GetString(response.Body.Span));
    }

    [Theory]
    [InlineData("/once/special")]
    [InlineData("/short")]
    [InlineData("/orders/often")]
    [InlineData("/branch")]
    [InlineData("/nothing")]
    public async Task AnyOther_IsTurnedAwayBeforeTheApp(string path)
    {
        var (session, run) = Post(path);
        await run.For("the end of the request");

        Assert.Equal((true, 0), (session.IsTurnedAway, _middlewareRuns));
        Assert.False(_home.Replica.HasBeenAsked);
    }

    [Fact]
    public async Task PathRewrittenToAnUnmarkedEndpoint_NothingIsCommitted()
    {
        var (session, run) = Post("/once/rewritten");

        await Assert.ThrowsAsync<SessionCommitException>(() => run.For("the refusal"));
        Assert.False(session.IsTurnedAway);
        Assert.False(_home.Replica.HasBeenAsked);
    }

    [Theory]
    [InlineData("/token/7", true)]
    [InlineData("/signin-oidc", true)]
    [InlineData("/page", false)]
    [InlineData("/branch", false)]
    [InlineData("/nothing", false)]
    public async Task Get_IsTurnedAwayOnlyWhereTheAppSaysNeverTwice(string path, bool isTurnedAway)
    {
        _home.Options.NeverRepeatPaths.Add("/signin-oidc");
        var (session, run) = Post(path, method: "GET");
        await run.For("the end of the request");

        Assert.Equal((isTurnedAway, isTurnedAway ? 0 : 1), (session.IsTurnedAway, _middlewareRuns));
    }

    [Fact]
    public async Task Get_RewrittenToAnEndpointThatNeverRunsTwice_503BeforeIt()
    {
        var (_, run) = Post("/rewritten", method: "GET");

        var response = (await run.For("the refusal"))!;
        Assert.Equal((503, 0), (response.StatusCode, response.Body.Length));
    }

    [Fact]
    public async Task ResponseTooLongToHold_LeavesOnlyOnceItsRunIsCommitted()
    {
        var frontend = new FrontendEnd();
        var (_, run) = Post("/long", frontend);
        var commit = await _home.Replica.NextCommitAsync();
        Assert.False(frontend.Input.TryRead(out _), "Something left before the commit.");
        commit.Done.SetResult();

        Assert.Null(await run.For("the response to begin"));
        Assert.Equal(100_000, (await frontend.ReadAsync().For("the response's end")).Body.Length);
        var outcome = Outcomes.Find(Assert.Single(commit.Entries).Value, new RequestId(0xF, 1))!;
        Assert.Equal((false, 409), (outcome.IsAnswered, outcome.Reply.Status));
    }

    private static Task SayAsync(HttpContext context) => context.Response.WriteAsync(context.Request.PathBase + context.Request.Path);

    private (RequestSession Session, Task<WebResponse?> Run) Post(string path, FrontendEnd? frontend = null, string method = "POST")
    {
        var runner = ((PomegranateServer)_app.App.Services.GetRequiredService<IServer>()).Ready.Result;
        var session = new RequestSession(
            new LiveSession(_home.Services, SessionId.NewRandom(), null) { LookedAt = 0 }, new RequestId(0xF, 1), CancellationToken.None,
            new RequestTerms(IsInDoubt: method == "POST", IsRepeat: method != "POST"));
        var request = new WebRequest
        {
            Method = method,
            Scheme = "http",
            RawTarget = path,
            Protocol = "HTTP/1.1",
            Headers = [new("Host", "shop.test")],
            TraceIdentifier = "t1",
        };
        return (session, runner.RunAsync(request, (frontend ?? new FrontendEnd()).Stream, session, CancellationToken.None));
    }
}

/// <summary>An MVC controller; public, so that MVC finds it.</summary>
[Route("orders")]
public sealed class OrdersController : ControllerBase
{
    /// <summary>Marked.</summary>
    [HttpPost("once")]
    [ExactlyOnce]
    public string Once() => Request.Path;

    /// <summary>Not marked.</summary>
    [HttpPost("often")]
    public string Often() => Request.Path;
}
