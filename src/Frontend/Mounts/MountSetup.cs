using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pomegranate.Frontend.Gateway;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Pomegranate.Frontend.Mounts;

/// <summary>YARP with its route table, whose clusters are apps.</summary>
internal static class MountSetup
{
    public static void AddMounts(this WebApplicationBuilder builder)
    {
        SteadyJson.Use(builder);
        var services = builder.Services;
        services.AddSingleton<AppGateways>();
        services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms<AppTransforms>()
            .AddTransformFactory<PathBaseTransform>();
        services.AddRequestTimeouts();

        // YARP's reader of the configuration cannot be made from outside, so the one it has registered is wrapped.
        var yarps = services.Last(service => service.ServiceType == typeof(IProxyConfigProvider));
        services.Remove(yarps);
        services.AddSingleton(provider => new MountConfig(
            (IProxyConfigProvider)yarps.ImplementationFactory!(provider), provider.GetRequiredService<IConfiguration>(),
            provider.GetRequiredService<IConfigValidator>(), provider.GetRequiredService<ILogger<MountConfig>>()));
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<MountConfig>());

        services.AddSingleton<AppClientFactory>();
        services.Replace(ServiceDescriptor.Singleton<IForwarderHttpClientFactory>(provider => provider.GetRequiredService<AppClientFactory>()));
        services.AddSingleton<IClusterChangeListener>(provider => provider.GetRequiredService<AppClientFactory>());

        // YARP brings these keys for the affinity cookies of other servers' clusters. A frontend has no place to keep them,
        // and making some at the start would write to a disk that may be read-only.
        services.RemoveAll<IDataProtectionProvider>();
        services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        foreach (var loader in services.Where(service => service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Assembly == typeof(EphemeralDataProtectionProvider).Assembly).ToList())
        {
            services.Remove(loader);
        }
    }

    /// <summary>Reads the routes, starts the ways to their apps, and serves them.</summary>
    public static void MapMounts(this WebApplication app)
    {
        app.Services.GetRequiredService<ConfigurationTrouble>().Log = app.Services.GetRequiredService<ILogger<SteadyJson>>();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<AppLimits>();
            proxy.UseSessionAffinity();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }
}
