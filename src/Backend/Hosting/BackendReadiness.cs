using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pomegranate.Backend.Hosting;

/// <summary>Ready when the replica is complete and the node takes shards.</summary>
internal sealed class BackendReadiness(BackendNode node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(node.IsReady
            ? HealthCheckResult.Healthy("The replica is complete and the node takes sessions.")
            : HealthCheckResult.Unhealthy(node.WaitingFor ?? "The node is joining the cluster, copying its sessions, or leaving."));
}
