using Akka.Actor;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Ready when a backend takes sessions, and not draining.</summary>
internal sealed class FrontendReadiness(ClusterGateway gateway, FrontendState state) : IHealthCheck
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (state.IsDraining)
        {
            return HealthCheckResult.Unhealthy("The frontend is stopping.");
        }

        if (state.Backends == 0)
        {
            return HealthCheckResult.Unhealthy("No backend is up.");
        }

        try
        {
            // The proxy passes it to the shard coordinator, which answers with the regions that take shards.
            var regions = await gateway.Region.Ask<CurrentRegions>(GetCurrentRegions.Instance, AnswerTimeout, cancellationToken);
            return regions.Regions.Count > 0
                ? HealthCheckResult.Healthy($"{regions.Regions.Count} backends take sessions.")
                : HealthCheckResult.Unhealthy("No backend takes sessions yet.");
        }
        catch (AskTimeoutException)
        {
            return HealthCheckResult.Unhealthy("The shard coordinator does not answer.");
        }
    }
}
