using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Hosting;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Clustering;
using Pomegranate.Configuration;
using Pomegranate.Management;

namespace Pomegranate.Backend;

/// <summary>Makes an ASP.NET Core app a backend of a Pomegranate cluster.</summary>
public static class PomegranateBackendExtensions
{
    /// <summary>
    /// Makes the app a backend: its requests come through the cluster's frontends, its sessions are copied to the other
    /// backends before each response leaves, and it needs no change. Configured by the sections
    /// <c>Pomegranate:Cluster</c>, <c>:Session</c>, <c>:Replication</c>, <c>:Backend</c> and <c>:Management</c>.
    /// </summary>
    /// <remarks>
    /// Without <c>Pomegranate:Cluster:Seeds</c> there is no cluster, and the app runs on Kestrel with in-memory sessions
    /// as before. Call it once, anywhere before <c>Build()</c>.
    /// </remarks>
    /// <exception cref="OptionsValidationException">Thrown at start, naming every option that is out of its range.</exception>
    public static WebApplicationBuilder AddPomegranateBackend(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (!builder.Configuration.GetSection($"{NodeOptions.Section}:{nameof(NodeOptions.Seeds)}").GetChildren().Any())
        {
            services.AddDistributedMemoryCache();
            services.AddSession();
            services.AddSingleton<IStartupFilter, InMemorySessionFilter>();
            return builder;
        }

        services.AddValidatedOptions<ClusterSessionOptions, ClusterSessionOptionsValidator>(builder.Configuration, ClusterSessionOptions.Section);
        services.AddValidatedOptions<ReplicationOptions, ReplicationOptionsValidator>(builder.Configuration, ReplicationOptions.Section);
        AppSessionOptions.AddTo(services);
        services.AddValidatedOptions<PomegranateServerOptions, PomegranateServerOptionsValidator>(builder.Configuration, PomegranateServerOptions.Section);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SessionClock>();
        services.AddSingleton<ReplicaClient>();
        services.AddSingleton<BackendNode>();
        services.AddSingleton<IServerDrain>(provider => provider.GetRequiredService<BackendNode>());
        services.AddHealthChecks().AddCheck<BackendReadiness>("backend", tags: ["ready"]);
        services.AddManagementEndpoint(builder.Configuration);
        services.AddSingleton<DurableSessions>();
        services.AddPomegranateNode(builder.Configuration, NodeRole.Backend, (akka, provider) =>
        {
            akka.AddHocon(PomegranateNode.EmbeddedConfig(typeof(PomegranateBackendExtensions).Assembly, "backend.conf"), HoconAddMode.Prepend);
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
        services.AddHostedService(provider => provider.GetRequiredService<BackendNode>());
        services.AddSingleton<ISessionInspector, SessionInspector>();
        services.AddSingleton<IStartupFilter, ExactlyOnceTrial>();
        services.AddSingleton<IStartupFilter, UseSessionCheck>();

        services.Replace(ServiceDescriptor.Singleton<IServer, PomegranateServer>());
        AddSessionStore(services);
        AddSharedKeys(services);
        return builder;
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
}
