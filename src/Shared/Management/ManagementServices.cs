using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pomegranate.Clustering;
using Pomegranate.Configuration;

namespace Pomegranate.Management;

/// <summary>Gives a node its management endpoint.</summary>
internal static class ManagementServices
{
    /// <summary>The tag of an app's health checks that count for whether its node is ready.</summary>
    public const string ReadyTag = "ready";

    /// <summary>
    /// Adds the endpoint and the check that this node is a member. Call it before anything that waits for the cluster is
    /// added: the node's services start in that order, and the endpoint should tell what they wait for.
    /// </summary>
    public static IServiceCollection AddManagementEndpoint(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<ManagementOptions, ManagementOptionsValidator>(configuration, ManagementOptions.Section);
        services.AddNodeCheck<ClusterHealthCheck>("cluster");
        services.AddSingleton<NodeHealth>();
        services.AddSingleton<ManagedNode>();
        services.AddSingleton<ManagementEndpoint>();
        services.AddNodeService(provider => provider.GetRequiredService<ManagementEndpoint>());
        return services;
    }

    /// <summary>Adds a check of the node's own, apart from those of the app that it runs: names may be the same.</summary>
    public static IServiceCollection AddNodeCheck<TCheck>(this IServiceCollection services, string name)
        where TCheck : class, IHealthCheck
    {
        services.AddSingleton<TCheck>();
        services.AddSingleton(provider => new NodeHealth.Check(name, provider.GetRequiredService<TCheck>()));
        return services;
    }
}
