using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Ready when a backend of some app takes sessions, and not draining.</summary>
internal sealed class FrontendReadiness(AppGateways gateways, FrontendState state) : IHealthCheck
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

        var reach = await AppReach.AskAsync(gateways, cancellationToken);
        var backends = reach.Reached.Sum(gateway => gateway.Backends);
        if (reach is { Unready: [], Missing: [] })
        {
            return HealthCheckResult.Healthy($"{backends} backends are up and take sessions.");
        }

        // One app out of order must not take the others out of service.
        return reach.Reached.Count > 0
            ? HealthCheckResult.Degraded(
                $"{backends} backends are up and take sessions, but none does of the apps: {string.Join(", ", reach.Missing.Concat(reach.Unready))}.")
            : HealthCheckResult.Unhealthy(reach.Unready.Count == 0
                ? "No backend is up."
                : "No backend takes sessions yet, or the shard coordinator does not answer.");
    }
}
