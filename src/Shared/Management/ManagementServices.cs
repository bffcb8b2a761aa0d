using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Configuration;

namespace Pomegranate.Management;

/// <summary>Gives a node its management endpoint.</summary>
internal static class ManagementServices
{
    /// <summary>The tag of the health checks that decide whether a node is ready.</summary>
    public const string ReadyTag = "ready";

    /// <summary>
    /// Adds the endpoint and the check that this node is a member. Call it before anything that waits for the cluster is
    /// added: hosted services start in that order, and the endpoint should tell what they wait for.
    /// </summary>
    public static IServiceCollection AddManagementEndpoint(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<ManagementOptions, ManagementOptionsValidator>(configuration, ManagementOptions.Section);
        services.AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster", tags: [ReadyTag]);
        services.AddSingleton<ManagedNode>();
        services.AddSingleton<ManagementEndpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<ManagementEndpoint>());
        return services;
    }
}
