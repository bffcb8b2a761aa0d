using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;

namespace Pomegranate.Backend.Sharding;

/// <summary>Which region should have which shard, as a pure function of regions and membership.</summary>
internal static class ShardPlan
{
    // At most an eighth of the shards is in hand-off at a time: their sessions wait, the others' do not.
    private const int RoundsToMoveEverything = 8;

    /// <summary>The region a shard belongs to: the rendezvous best of those on members that stay.</summary>
    /// <remarks>
    /// Where none stays, the best of those that are members, and where none is known yet (the coordinator's view of the
    /// cluster lags its regions for a moment) the best of all: an answer now, corrected by a rebalance, is better than
    /// requests that wait.
    /// </remarks>
    /// <param name="self">The address of this node, which the local region's own address leaves out.</param>
    /// <returns>Null only where there are no regions.</returns>
    public static IActorRef? HomeOf(string shardId, IEnumerable<IActorRef> regions, ShardMembers cluster, Address self)
    {
        var known = regions.Select(region =>
        {
            var address = AddressOf(region, self);
            return new Candidate(region, address, cluster.Members.GetValueOrDefault(address));
        }).ToArray();
        return Best(shardId, known.Where(candidate => candidate.Member is { IsStaying: true }))
            ?? Best(shardId, known.Where(candidate => candidate.Member is not null))
            ?? Best(shardId, known);
    }

    /// <summary>The shards to move now: those that are not at home, a bounded number, none unless all is calm.</summary>
    public static IImmutableSet<string> Moves(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IImmutableSet<string> inProgress, ShardMembers cluster, Address self)
    {
        // A region without a member is a dead one whose termination is under way: a shard offered from there would
        // wait out the hand-off time-out, 16 s when it was seen. Its shards are reallocated without our help.
        var calm = inProgress.Count == 0
            && cluster.IsSettled
            && allocations.Keys.All(region => cluster.Members.ContainsKey(AddressOf(region, self)));
        if (!calm)
        {
            return ImmutableHashSet<string>.Empty;
        }

        var limit = Math.Max(1, allocations.Values.Sum(shards => shards.Count) / RoundsToMoveEverything);
        return allocations
            .SelectMany(region => region.Value.Where(shard => !region.Key.Equals(HomeOf(shard, allocations.Keys, cluster, self))))
            .Order(StringComparer.Ordinal)
            .Take(limit)
            .ToImmutableHashSet();
    }

    private static Address AddressOf(IActorRef region, Address self) =>
        region.Path.Address is { HasGlobalScope: true } address ? address : self;

    private static IActorRef? Best(string shardId, IEnumerable<Candidate> candidates) => RendezvousHash.Best(
        shardId, candidates, candidate => (NameOf(candidate.Address), candidate.Member?.Weight ?? 1))?.Region;

    private static string NameOf(Address address) => string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");

    private sealed record Candidate(IActorRef Region, Address Address, ShardMembers.Node? Member);
}
