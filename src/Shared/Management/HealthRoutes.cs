using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pomegranate.Management;

/// <summary><c>/alive</c>: the process answers. <c>/ready</c>: it can do its work.</summary>
internal static class HealthRoutes
{
    // Below the five seconds that pbm and most probes wait: a check that hangs is named instead of timed out on.
    private static readonly TimeSpan s_checkTimeout = TimeSpan.FromSeconds(4);

    public static void Map(IEndpointRouteBuilder routes, ManagedNode node)
    {
        routes.MapGet("/alive", () => Results.Json(new { status = "Alive", node = node.Name }));
        routes.MapGet("/ready", (CancellationToken aborted) => ReadyAsync(node, aborted));
    }

    private static async Task<IResult> ReadyAsync(ManagedNode node, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(s_checkTimeout);
        try
        {
            var report = await node.Services.GetRequiredService<NodeHealth>().CheckAsync(limit.Token);
            return Report(node, report.Status, report.Entries.Select(entry => new Check(
                entry.Name, entry.Result.Status.ToString(), entry.Result.Description ?? entry.Result.Exception?.Message)));
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return Report(node, HealthStatus.Unhealthy, [new Check("timeout", "Unhealthy", $"The checks did not end within {s_checkTimeout.TotalSeconds} s.")]);
        }
    }

    // Degraded is ready: the node works, if worse, and taking it out of service would make the rest worse still.
    private static IResult Report(ManagedNode node, HealthStatus status, IEnumerable<Check> checks) => Results.Json(
        new { status = status.ToString(), node = node.Name, checks },
        statusCode: status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);

    private sealed record Check(string Name, string Status, string? Description);
}
