using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Connections;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Clustering;
using Pomegranate.Configuration;
using Pomegranate.Management;

namespace Pomegranate.Backend.Hosting;

/// <summary>What <c>AddPomegranateBackend</c> adds to an app's services.</summary>
internal static class BackendServices
{
    /// <summary>Adds them, when the app's own configuration and services are known.</summary>
    /// <param name="at">Where the line stands among the services: our part of the pipeline comes there.</param>
    public static void AddTo(IServiceCollection services, IConfiguration configuration, int at)
    {
        services.AddSingleton<Added>();
        if (HasSeeds(configuration) && !ServerChoice.IsStandIn(services))
        {
            AddCluster(services, configuration, at);
        }
        else
        {
            AddWithoutCluster(services, at);
        }
    }

    /// <summary>Whether they have been added.</summary>
    public static bool AreIn(IServiceCollection services) => services.Any(service => service.ServiceType == typeof(Added));

    /// <summary>An empty seed is none: a file's list cannot be taken away by another source otherwise.</summary>
    private static bool HasSeeds(IConfiguration configuration) =>
        configuration.GetSection($"{NodeOptions.Section}:{nameof(NodeOptions.Seeds)}").GetChildren().Any(seed => !string.IsNullOrEmpty(seed.Value));

    private static void AddWithoutCluster(IServiceCollection services, int at)
    {
        services.Insert(at, ServiceDescriptor.Singleton<IStartupFilter, InMemorySessionFilter>());
        services.AddDistributedMemoryCache();
        services.AddSession();
    }

    private static void AddCluster(IServiceCollection services, IConfiguration configuration, int at)
    {
        services.Insert(at, ServiceDescriptor.Singleton<IStartupFilter, ExactlyOnceTrial>());
        services.Insert(at + 1, ServiceDescriptor.Singleton<IStartupFilter, UseSessionCheck>());
        services.AddValidatedOptions<ClusterSessionOptions, ClusterSessionOptionsValidator>(configuration, ClusterSessionOptions.Section);
        services.AddValidatedOptions<ReplicationOptions, ReplicationOptionsValidator>(configuration, ReplicationOptions.Section);
        AppSessionOptions.AddTo(services);
        services.AddValidatedOptions<PomegranateServerOptions, PomegranateServerOptionsValidator>(configuration, PomegranateServerOptions.Section);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var node = provider.GetRequiredService<IOptions<NodeOptions>>().Value;
            return new ClusterNode(node.NodeName, node.App);
        });
        services.AddSingleton<SessionClock>();
        services.AddSingleton<ReplicaClient>();
        services.AddSingleton<BackendNode>();
        services.AddSingleton<IServerDrain>(provider => provider.GetRequiredService<BackendNode>());
        services.AddNodeService(provider => ActivatorUtilities.CreateInstance<HostCheck>(provider));
        services.AddManagementEndpoint(configuration);
        services.AddNodeCheck<BackendReadiness>("backend");
        services.AddSingleton<DurableSessions>();
        services.AddPomegranateNode(configuration, NodeRole.Backend, (akka, provider) =>
        {
            akka.AddHocon(PomegranateNode.EmbeddedConfig(typeof(BackendServices).Assembly, "backend.conf"), HoconAddMode.Prepend);
            if (provider.GetRequiredService<DurableSessions>().Store is { } store)
            {
                akka.AddHocon(DurableSetup.Hocon, HoconAddMode.Prepend);
                akka.AddSetup(new DurableSetup(store));
            }
        }, provider =>
        [
            .. SessionCookieName.ToRoles(
                provider.GetRequiredService<IOptions<NodeOptions>>().Value.App, provider.GetRequiredService<IOptions<SessionOptions>>().Value.Cookie.Name!),
            .. HeadLimitsOf(provider.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits).Roles,
        ]);
        services.AddNodeService(provider => provider.GetRequiredService<BackendNode>());
        services.AddSingleton<ISessionInspector, SessionInspector>();
        services.AddSingleton<MatcherPolicy>(provider => new NegotiateMarking(provider.GetNodeSystem));

        ServerChoice.TakeOver(services);
        AddSessionStore(services);
        AddSharedKeys(services);
    }

    private static RequestHeadLimits HeadLimitsOf(KestrelServerLimits limits) =>
        new(limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize, limits.MaxRequestHeaderCount, limits.Http2.MaxRequestHeaderFieldSize);

    /// <summary>An app's own <c>UseSession()</c> meets our session instead of replacing it.</summary>
    private static void AddSessionStore(IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.RemoveAll<ISessionStore>();
        services.AddSingleton<ISessionStore, CurrentSessionStore>();
    }

    private static void AddSharedKeys(IServiceCollection services)
    {
        services.AddDataProtection();
        UnsentCookieProtection.AddTo(services);
        services.AddSingleton<ClusterKeyRepository>();
        services.AddOptions<KeyManagementOptions>()
            .PostConfigure<ClusterKeyRepository>((options, keys) => options.XmlRepository ??= keys);

        // By default it is the content root's path, which may differ from node to node; a name the app chose is kept.
        services.AddOptions<DataProtectionOptions>()
            .PostConfigure<IOptions<NodeOptions>, IWebHostEnvironment>((options, node, environment) =>
            {
                if (options.ApplicationDiscriminator?.TrimEnd(Path.DirectorySeparatorChar) == environment.ContentRootPath.TrimEnd(Path.DirectorySeparatorChar))
                {
                    options.ApplicationDiscriminator = node.Value.App == AppName.Default
                        ? node.Value.Name
                        : $"{node.Value.Name}/{node.Value.App}";
                }
            });
    }

    /// <summary>That they have been added.</summary>
    private sealed class Added;
}
