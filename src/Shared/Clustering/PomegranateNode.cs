using System.Globalization;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pomegranate.Configuration;
using Pomegranate.Liveness;
using Pomegranate.Partitions;
using Pomegranate.Views;
#if PETABRIDGE_CMD
using Pomegranate.Management;
#endif
using AkkaClusterOptions = Akka.Cluster.Hosting.ClusterOptions;

namespace Pomegranate.Clustering;

/// <summary>Makes a host a node of the cluster: what the three kinds of node have in common.</summary>
internal static class PomegranateNode
{
    /// <summary>
    /// Adds the actor system, cluster membership and the options they need. The system joins the cluster as soon as
    /// it is first resolved.
    /// </summary>
    /// <param name="configure">The role's own additions to the actor system.</param>
    /// <param name="told">What else this node tells of itself in its cluster roles.</param>
    public static IServiceCollection AddPomegranateNode(
        this IServiceCollection services,
        IConfiguration configuration,
        string role,
        Action<AkkaConfigurationBuilder, IServiceProvider>? configure = null,
        Func<IServiceProvider, IEnumerable<string>>? told = null)
    {
        services.AddValidatedOptions<NodeOptions, NodeOptionsValidator>(configuration, NodeOptions.Section);

        var name = configuration.GetSection(NodeOptions.Section)[nameof(NodeOptions.Name)] ?? new NodeOptions().Name;
        services.AddNodeSystem(name, (builder, provider) =>
        {
            var options = provider.GetRequiredService<IOptions<NodeOptions>>().Value;
            builder
                .ConfigureLoggers(loggers =>
                {
                    loggers.ClearLoggers();
                    loggers.AddLoggerFactory();
                })
                .WithRemoting(new RemoteOptions
                {
                    HostName = options.Hostname,
                    PublicHostName = options.EffectivePublicHostname,
                    Port = options.Port,
                })
                .WithClustering(new AkkaClusterOptions { Roles = [.. Roles(role, options), .. told?.Invoke(provider) ?? []], SeedNodes = Seeds(options) })
                .AddHocon(FromOptions(role, options).WithFallback(Reference()), HoconAddMode.Prepend)
                .WithActors((system, _) => system.ActorOf(
                    SecondClusterWatch.Props(
                        [.. Seeds(options).Select(Address.Parse)], system.Settings.Config.GetTimeSpan("pomegranate.partitions.second-cluster-interval")),
                    SecondClusterWatch.Name))
                .WithActors((system, _) => system.ActorOf(
                    ViewActor.Props(
                        role == NodeRole.Backend ? options.App : null, options, provider.GetService<TimeProvider>() ?? TimeProvider.System,
                        provider.GetRequiredService<ILoggerFactory>().CreateLogger("Pomegranate.Views")),
                    ViewActor.Name))
                .WithActors((system, _) => system.ActorOf(RemovalWatch.Props([.. Seeds(options).Select(Address.Parse)]), "removal-watch"))
                .WithActors((system, _) => system.ActorOf(
                    StrandedWatch.Props(TimeSpan.FromSeconds(1), provider.GetService<TimeProvider>() ?? TimeProvider.System), "stranded-watch"))
                .WithActors((system, _) => system.ActorOf(MembershipPace.Props(), MembershipPace.Name))
                .WithActors((system, _) => system.ActorOf(
                    MemberLog.Props(provider.GetRequiredService<ILoggerFactory>().CreateLogger("Pomegranate.Membership")), MemberLog.Name))
                .WithActors((system, _) => system.ActorOf(RevisionGate.Props(WireRevisions.Own), "revision-gate"))
                .WithProofOfDeath(options, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILoggerFactory>());
#if PETABRIDGE_CMD
            builder.WithPetabridgeCmd();
#endif
            configure?.Invoke(builder, provider);
        });
        return services;
    }

    private static string[] Roles(string role, NodeOptions options) => (role, options.Weight) switch
    {
        (NodeRole.Backend, 1) => [AppName.RoleOf(options.App), .. WireRevisions.Own.Roles],
        (NodeRole.Backend, var weight) => [AppName.RoleOf(options.App), BackendWeight.ToRole(weight), .. WireRevisions.Own.Roles],
        _ => [role, .. WireRevisions.Own.Roles],
    };

    private static string[] Seeds(NodeOptions options) =>
    [
        .. options.Seeds.Select(seed => SeedAddress.TryParse(seed, out var host, out var port)
            ? new Address("akka.tcp", options.Name, host, port).ToString()
            : throw new InvalidOperationException($"Seed '{seed}' passed validation but cannot be read.")),
    ];

    /// <summary>
    /// The first seed founds a cluster when its timeout ends before another seed has answered. On a starved machine the
    /// answers of a running cluster took it 2.4 s, and a second cluster is worse than a later start.
    /// </summary>
    private static bool IsFirstSeed(NodeOptions options) =>
        SeedAddress.TryParse(options.Seeds[0], out var host, out var port)
        && port == options.Port && string.Equals(host, options.EffectivePublicHostname, StringComparison.OrdinalIgnoreCase);

    private static Config FromOptions(string role, NodeOptions options) => ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
        akka.cluster.failure-detector.acceptable-heartbeat-pause = {{(long)options.AcceptableHeartbeatPause.TotalMilliseconds}}ms
        pomegranate.partitions.stable-after = {{(long)options.SplitBrainStableAfter.TotalMilliseconds}}ms
        {{(IsFirstSeed(options) ? "akka.cluster.seed-node-timeout = 5s" : "")}}
        {{(role == NodeRole.Backend ? $"akka.cluster {{ distributed-data.role = {AppName.RoleOf(options.App)}, sharding.role = {AppName.RoleOf(options.App)} }}" : "")}}
        """));

    private static Config Reference() => EmbeddedConfig(typeof(PomegranateNode).Assembly, "pomegranate.conf");

    /// <summary>A HOCON file that is part of an assembly.</summary>
    public static Config EmbeddedConfig(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
