using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pomegranate.Apps.Cases;

/// <summary>The ways in which apps build their host. Each is an app of its own, with the same few cases.</summary>
internal static class HostApps
{
    public static TriedApp[] All =>
    [
        Host("host with UseKestrel after the line", builder => builder.WebHost.UseKestrel()),
        Host("host with UseKestrelCore after the line", builder => builder.WebHost.UseKestrelCore()),
        Host("host with the line last", _ => { }) with { IsLineLast = true },
        Host("host with health checks of our names", builder => builder.Services.AddHealthChecks()
            .AddCheck("backend", () => HealthCheckResult.Healthy()).AddCheck("cluster", () => HealthCheckResult.Degraded())),
        Host("host with an actor system of its own", builder => builder.Services.AddAkka("orchard", akka => akka
            .WithActors((system, registry) => registry.Register<Gardener>(system.ActorOf(Props.Create(() => new Gardener()), "gardener"))))) with
        {
            Endpoints = app => app.MapGet("/system", async (ActorSystem system, IRequiredActor<Gardener> gardener) =>
                $"{system.Name} {await gardener.ActorRef.Ask<string>("dig", TimeSpan.FromSeconds(5))}"),
        },
        Host("host with an actor system of its own, the line last", builder => builder.Services.AddAkka("orchard", akka => akka
            .WithActors((system, registry) => registry.Register<Gardener>(system.ActorOf(Props.Create(() => new Gardener()), "gardener"))))) with
        {
            IsLineLast = true,
            Endpoints = app => app.MapGet("/system", async (ActorSystem system, IRequiredActor<Gardener> gardener) =>
                $"{system.Name} {await gardener.ActorRef.Ask<string>("dig", TimeSpan.FromSeconds(5))}"),
        },
    ];

    private static TriedApp Host(string name, Action<WebApplicationBuilder> services) => new(name)
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddHealthChecks();
            services(builder);
        },
        Pipeline = app =>
        {
            app.UseSession();
            app.MapHealthChecks("/health", new()
            {
                ResponseWriter = (c, report) => c.Response.WriteAsync(string.Join('\n', report.Entries.Select(e => $"{e.Key}: {e.Value.Status}").Order(StringComparer.Ordinal))),
            });
        },
        Cases =
        [
            new("a page and a session, through a kill",
                map => map.MapGet("count", (HttpContext c) => SessionApp.Count(c)),
                async walk =>
                {
                    await walk.GetAsync("count");
                    await walk.GetAsync("count");
                    await walk.KillAsync();
                    await walk.GetAsync("count");
                })
            { HasKill = true },
            new("health lists the app's checks", async walk => await walk.GetAsync("/health")),
            .. name.Contains("actor system", StringComparison.Ordinal)
                ? new AppCase[] { new("the app's actor system is the app's", async walk => await walk.GetAsync("/system")) }
                : [],
        ],
    };
}

/// <summary>An actor of the app's.</summary>
internal sealed class Gardener : ReceiveActor
{
    public Gardener() => Receive<string>(text => Sender.Tell($"{text} done"));
}
