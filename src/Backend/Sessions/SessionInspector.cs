using System.Globalization;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.DistributedData;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Management;
using Pomegranate.Sessions;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Sessions;

/// <summary>What <c>pbm session show</c> and <c>count</c> see: a session as a quorum knows it, never its values. Thread-safe.</summary>
internal sealed class SessionInspector(
    ActorSystem system,
    ReplicaClient replica,
    IOptions<NodeOptions> node,
    IOptions<ClusterSessionOptions> sessions,
    SessionClock clock) : ISessionInspector
{
    private static readonly TimeSpan RegionPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ReplicaPatience = TimeSpan.FromSeconds(5);

    private readonly SessionSharding _sharding = new(node.Value.Shards);

    public async Task<JsonObject?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        SessionEntry? entry;
        try
        {
            entry = await replica.RecoverAsync(id).WaitAsync(cancellationToken);
        }
        catch (SessionCommitException unreadable)
        {
            throw new RefusedException(StatusCodes.Status503ServiceUnavailable, unreadable.Message);
        }

        if (entry is not { IsRemoved: false })
        {
            return null;
        }

        var attributes = entry.Attributes.Where(a => !a.IsRemoved && !LastRequest.IsReserved(a.Key)).ToList();
        var lastAccess = DateTimeOffset.FromUnixTimeMilliseconds(entry.LastAccess);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.Now);
        var shard = _sharding.ShardOf(id);
        return new JsonObject
        {
            ["id"] = id.ToString(),
            ["shard"] = shard,
            ["home"] = await HomeOfAsync(shard, cancellationToken),
            ["version"] = entry.Version.ToString(),
            ["bytes"] = SessionSize.Of(entry),
            ["attributes"] = new JsonArray([.. attributes.Select(a => JsonValue.Create($"{a.Key} ({Bytes(a.Value!.Length)})"))]),
            ["lastAccess"] = lastAccess.ToString("O", CultureInfo.InvariantCulture),
            ["idle"] = Seconds(now - lastAccess),
            ["expiresIn"] = Seconds(lastAccess + sessions.Value.IdleTimeout - now),
        };
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        var replicator = DData.DistributedData.Get(system).Replicator;
        var keys = await replicator.Ask<GetKeysIdsResult>(Dsl.GetKeyIds, ReplicaPatience, cancellationToken);
        long live = 0;
        foreach (var bucket in SessionBuckets.NumbersOf(keys.Keys))
        {
            var key = SessionBuckets.KeyOf(bucket);
            var read = await replicator.Ask<IGetResponse>(Dsl.Get(key, ReadLocal.Instance), ReplicaPatience, cancellationToken);
            live += read.IsSuccessful ? read.Get(key).Entries.Count(e => !e.Value.IsRemoved) : 0;
        }

        return live;
    }

    /// <summary>The backend that has the shard now; "(none)" where no live actor has needed it yet, or its region does not answer.</summary>
    private async Task<string> HomeOfAsync(string shard, CancellationToken cancellationToken)
    {
        var region = ClusterSharding.Get(system).ShardRegion(AppName.ShardTypeOf(node.Value.App));
        var stats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(RegionPatience), 2 * RegionPatience, cancellationToken);
        foreach (var (address, backend) in stats.Regions)
        {
            if (backend.Stats.ContainsKey(shard))
            {
                return address.ToString();
            }
        }

        return "(none)";
    }

    private static string Bytes(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} B");

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");
}
