using Akka.Actor;
using Akka.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Clustering;
using Pomegranate.Views;
using Pomegranate.Http;
using Pomegranate.Streaming;

namespace Pomegranate.Micro;

/// <summary>A backend without a network: the product's server, sessions and replica, alone in its cluster.</summary>
internal sealed class HomeApp : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly WebApplication _app;

    private HomeApp(ActorSystem system, WebApplication app, SessionServices services) => (_system, _app, Services) = (system, app, services);

    public SessionServices Services { get; }

    public static async Task<HomeApp> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.Services.Replace(ServiceDescriptor.Singleton<IServer, PomegranateServer>());
        var app = builder.Build();
        app.MapGet("/plain", () => "ok");
        app.MapGet("/counter", (HttpContext context) =>
        {
            var n = (context.Session.GetInt32("n") ?? 0) + 1;
            context.Session.SetInt32("n", n);
            return Results.Json(new { n });
        });
        await app.StartAsync();
        var runner = await ((PomegranateServer)app.Services.GetRequiredService<IServer>()).Ready;

        var system = ActorSystem.Create("pomegranate", ConfigurationFactory.ParseString($$"""
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            akka.cluster.roles = [{{NodeRole.Backend}}]
            akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }
            """)
            .WithFallback(PomegranateNode.EmbeddedConfig(typeof(SessionReplica).Assembly, "backend.conf"))
            .WithFallback(PomegranateNode.EmbeddedConfig(typeof(PomegranateNode).Assembly, "pomegranate.conf")));
        var cluster = Akka.Cluster.Cluster.Get(system);
        await cluster.JoinAsync(cluster.SelfAddress);
        var client = new ReplicaClient();
        var replica = client.Start(system, new ReplicaView(), new ReplicationOptions(), TimeProvider.System);
        replica.Tell(new ReplicaSync.Membership(new View(1, new Roster([cluster.SelfUniqueAddress], 1), [], []), []));
        var lease = new HomeLease(TimeProvider.System, new ReplicationOptions().CommitTimeout);
        lease.Set(long.MaxValue);
        return new HomeApp(system, app, new SessionServices(
            client, new ClusterSessionOptions(), "home", 7, TimeProvider.System, NullLogger.Instance, _ => Task.CompletedTask, runner) { Lease = lease });
    }

    /// <summary>Runs a request through the app, in a session.</summary>
    public Task<WebResponse?> RunAsync(WebRequest request, IRequestSession session) => Services.Runner.RunAsync(
        request,
        new RequestStream(() => throw new InvalidOperationException("No request here needs a stream."), new StreamHello(Guid.Empty, 0, 0), _ => []),
        session,
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _system.Terminate();
    }
}
