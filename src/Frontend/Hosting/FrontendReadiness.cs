using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Ready when a backend takes sessions, and not draining.</summary>
internal sealed class FrontendReadiness(ClusterGateway gateway, FrontendState state) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!state.IsOpen)
        {
            return HealthCheckResult.Unhealthy("The frontend does not take connections yet.");
        }

        if (state.IsDraining)
        {
            return HealthCheckResult.Unhealthy("The frontend is stopping.");
        }

        if (state.Backends == 0)
        {
            return HealthCheckResult.Unhealthy("No backend is up.");
        }

        return await gateway.HasRegionsAsync(cancellationToken)
            ? HealthCheckResult.Healthy($"{state.Backends} backends are up and take sessions.")
            : HealthCheckResult.Unhealthy("No backend takes sessions yet, or the shard coordinator does not answer.");
    }
}
