using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Allocates shards by <see cref="RendezvousHash"/>: when a backend dies, only its shards move; when it returns, the
/// same ones come back; weights hold throughout.
/// </summary>
/// <remarks>
/// The coordinator calls this within its own receive and continues at once when the task is complete already, so
/// nothing here waits. The decisions are <see cref="ShardPlan"/>'s.
/// </remarks>
internal sealed class RendezvousShardAllocation(string app, ILogger logger) : IActorSystemDependentAllocationStrategy
{
    private Cluster? _cluster;

    private Cluster Cluster => _cluster ?? throw new InvalidOperationException("The shard coordinator starts its strategy before it asks.");

    public void Start(ActorSystem system)
    {
        _cluster = Akka.Cluster.Cluster.Get(system);
        logger.CoordinatorStarts(app);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        var home = ShardPlan.HomeOf(shardId, currentShardAllocations.Keys, Members(), Cluster.SelfAddress) ?? requester;
        logger.Allocated(shardId, home);
        return Task.FromResult(home);
    }

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        Task.FromResult(ShardPlan.Moves(currentShardAllocations, rebalanceInProgress, Members(), Cluster.SelfAddress));

    private ShardMembers Members() => ShardMembers.From(Cluster.State);
}
