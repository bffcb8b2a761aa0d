using Pomegranate.Clustering;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Pomegranate.Management;

/// <summary><c>/cluster/leader</c>, <c>/cluster/status</c> and <c>/system</c>: this node and its process.</summary>
internal static class StatusRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ManagedNode node)
    {
        routes.MapGet("/cluster/leader", () => Results.Json(new { leader = node.Cluster.State.Leader?.ToString() }));
        routes.MapGet("/cluster/status", () => Results.Json(Status(node)));
        routes.MapGet("/system", () => Results.Json(Process(node)));
    }

    private static object Status(ManagedNode node)
    {
        var cluster = node.Cluster;
        var self = cluster.SelfMember;
        return new
        {
            node = node.Name,
            address = cluster.SelfAddress.ToString(),
            uid = cluster.SelfUniqueAddress.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture),

            // Before it has joined, Akka calls a node Removed.
            status = MemberJson.Spell(self.Status),
            roles = cluster.SelfRoles.Where(role => !WireRevisions.IsRevision(role)).Order(StringComparer.Ordinal),
            version = self.AppVersion.Version,
            uptimeSeconds = (long)node.System.Uptime.TotalSeconds,
        };
    }

    private static object Process(ManagedNode node)
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var memory = GC.GetGCMemoryInfo();
        return new
        {
            node = node.Name,
            processId = Environment.ProcessId,
            uptimeSeconds = (long)(DateTime.Now - process.StartTime).TotalSeconds,
            runtime = RuntimeInformation.FrameworkDescription,
            operatingSystem = RuntimeInformation.OSDescription,
            processors = Environment.ProcessorCount,
            workingSetBytes = Environment.WorkingSet,
            gcHeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            gcCommittedBytes = memory.TotalCommittedBytes,
            gcLimitBytes = memory.TotalAvailableMemoryBytes,
            gcServer = System.Runtime.GCSettings.IsServerGC,
            gcPausePercent = memory.PauseTimePercentage,
            threads = process.Threads.Count,
            threadPoolThreads = ThreadPool.ThreadCount,
            threadPoolQueue = ThreadPool.PendingWorkItemCount,
        };
    }
}
