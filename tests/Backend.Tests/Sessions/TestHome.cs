using Microsoft.AspNetCore.Hosting.Server.Features;
using System.Threading.Channels;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Server;
using Pomegranate.Overload;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>What a session needs of its node: a stubbed replica, the test's own time, and an app of one delegate.</summary>
internal sealed class TestHome : IHttpApplication<HttpContext>, IDisposable
{
    /// <summary>Marks this node's versions.</summary>
    public const ulong Writer = 0xA;

    private static readonly PomegranateServerOptions ServerOptions = new();

    private readonly RunningRequests _running = new();

    public TestHome()
    {
        var log = new LogCollector();
        Log = log;
        Services = new SessionServices(
            Replica.Client, Options, "home", Writer, Time, log,
            ended =>
            {
                Ended.Writer.TryWrite(ended);
                return Task.CompletedTask;
            },
            new ApplicationRunner(
                new ErasedApplication<HttpContext>(this),
                RequestSettings.From(ServerOptions, new KestrelServerOptions()),
                new FrontendAddresses(new ServerAddressesFeature()),
                _running,
                new Admission(PomegranateServerOptions.Section, ServerOptions.Limits, Time),
                new AppThreads(TimeProvider.System),
                log)) { Lease = Lease = new HomeLease(Time, TimeSpan.FromSeconds(10)) };
        Lease.Set(long.MaxValue);
    }

    public StubReplica Replica { get; } = new();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public ClusterSessionOptions Options { get; } = new();

    public Channel<SessionEnded> Ended { get; } = Channel.CreateUnbounded<SessionEnded>();

    public LogCollector Log { get; }

    /// <summary>Held for ever.</summary>
    public HomeLease Lease { get; }

    public SessionServices Services { get; }

    /// <summary>The app.</summary>
    public RequestDelegate App { get; set; } = _ => Task.CompletedTask;

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => App(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing was made for it.
    }

    public void Dispose() => _running.Dispose();
}
