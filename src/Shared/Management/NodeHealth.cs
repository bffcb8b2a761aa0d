using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pomegranate.Management;

/// <summary>
/// Whether the node can do its work: its own checks, and those of its app's that have the tag <c>ready</c>. The node's own
/// are not among the app's, whose health route would show them, and whose names they could have.
/// </summary>
internal sealed class NodeHealth(IEnumerable<NodeHealth.Check> own, IServiceProvider services) : IHealthCheck
{
    /// <summary>All of them, the node's own first.</summary>
    public async Task<Report> CheckAsync(CancellationToken cancellation)
    {
        List<Entry> entries = [];
        foreach (var check in own)
        {
            entries.Add(new Entry(check.Name, await RunAsync(check, cancellation)));
        }

        if (services.GetService<HealthCheckService>() is { } app)
        {
            var report = await app.CheckHealthAsync(check => check.Tags.Contains(ManagementServices.ReadyTag), cancellation);
            entries.AddRange(report.Entries.Select(entry => new Entry(
                entry.Key, new HealthCheckResult(entry.Value.Status, entry.Value.Description, entry.Value.Exception))));
        }

        return new Report(entries.Select(entry => entry.Result.Status).DefaultIfEmpty(HealthStatus.Healthy).Min(), entries);
    }

    /// <summary>The same as one check, for a frontend's health path.</summary>
    async Task<HealthCheckResult> IHealthCheck.CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        new((await CheckAsync(cancellationToken)).Status);

    private static async Task<HealthCheckResult> RunAsync(Check check, CancellationToken cancellation)
    {
        try
        {
            return await check.Run.CheckHealthAsync(new HealthCheckContext(), cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy(failure.Message, failure);
        }
    }

    /// <summary>A check of the node's own.</summary>
    internal sealed record Check(string Name, IHealthCheck Run);

    /// <summary>What one check said.</summary>
    internal sealed record Entry(string Name, HealthCheckResult Result);

    /// <summary>What all said; the worst of it counts.</summary>
    internal sealed record Report(HealthStatus Status, IReadOnlyList<Entry> Entries);
}
