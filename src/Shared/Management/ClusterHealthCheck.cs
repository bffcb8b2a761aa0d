using Akka.Cluster;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pomegranate.Management;

/// <summary>Ready means: this node is a member of the cluster, and Up.</summary>
internal sealed class ClusterHealthCheck(ManagedNode node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (node.FindSystem() is not { } system)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("The actor system is not running."));
        }

        var cluster = Cluster.Get(system);
        var self = cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Equals(cluster.SelfUniqueAddress));
        return Task.FromResult(self switch
        {
            { Status: MemberStatus.Up } => HealthCheckResult.Healthy($"{cluster.SelfAddress} is up."),
            null => HealthCheckResult.Unhealthy($"{cluster.SelfAddress} has not joined a cluster; the seeds must be reachable and up."),
            _ => HealthCheckResult.Unhealthy($"{cluster.SelfAddress} is {self.Status}, not Up."),
        });
    }
}
