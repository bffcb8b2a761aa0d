using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Pattern;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;

namespace Pomegranate.Management;

/// <summary><c>/cluster/shards</c>: which backend is home to which shards of an app, and how many sessions are live in each.</summary>
internal static class ShardRoutes
{
    /// <summary>How long regions may take to count; one that does not answer is reported as failed.</summary>
    public static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_regionTimeout = TimeSpan.FromSeconds(3);

    public static void Map(IEndpointRouteBuilder routes, ManagedNode node) =>
        routes.MapGet("/cluster/shards", async (string? app, CancellationToken aborted) =>
        {
            var type = AppName.ShardTypeOf(app ?? node.Services.GetRequiredService<IOptions<NodeOptions>>().Value.App);
            var region = FindRegion(node, type);
            var stats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(s_regionTimeout), AskTimeout, aborted);
            return Results.Json(Describe(type, stats));
        });

    private static object Describe(string type, ClusterShardingStats stats)
    {
        var regions = stats.Regions
            .OrderBy(region => region.Key.ToString(), StringComparer.Ordinal)
            .Select(region => new
            {
                node = region.Key.ToString(),
                shards = region.Value.Stats
                    .OrderBy(shard => shard.Key.Length).ThenBy(shard => shard.Key, StringComparer.Ordinal)
                    .Select(shard => new { id = shard.Key, entities = shard.Value })
                    .ToList(),
                failed = region.Value.Failed.Order(StringComparer.Ordinal).ToList(),
            })
            .ToList();
        return new
        {
            type,
            shards = regions.Sum(region => region.shards.Count + region.failed.Count),
            entities = regions.Sum(region => region.shards.Sum(shard => shard.entities)),
            regions,
        };
    }

    private static IActorRef FindRegion(ManagedNode node, string type)
    {
        // Asking the extension for its regions would start it on a node that has none.
        if (node.System.HasExtension<ClusterSharding>())
        {
            var sharding = ClusterSharding.Get(node.System);
            foreach (var find in (Func<string, IActorRef>[])[sharding.ShardRegion, sharding.ShardRegionProxy])
            {
                try
                {
                    return find(type);
                }
                catch (Exception exception) when (exception is IllegalStateException or ArgumentException)
                {
                    // Not started on this node in that form: there is no call that asks without throwing.
                }
            }
        }

        throw new RefusedException(
            StatusCodes.Status404NotFound,
            $"Node '{node.Name}' neither hosts nor routes to shards of type '{type}'. Ask a backend or a frontend, and name the app where it is another (?app=NAME); "
            + "/cluster/members shows the nodes and their roles.");
    }
}
