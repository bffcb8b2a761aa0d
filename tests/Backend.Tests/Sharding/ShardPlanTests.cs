using System.Collections.Immutable;
using Akka.Actor;
using FsCheck.Xunit;
using Pomegranate.Backend.Sharding;

namespace Pomegranate.Backend.Tests.Sharding;

public sealed class ShardPlanTests
{
    private static readonly Address Self = Address(1);
    private static readonly string[] Shards = [.. Enumerable.Range(0, 64).Select(shard => $"{shard}")];

    [Fact]
    public void HomeOf_LocalRegion_IsNamedByTheClustersAddress()
    {
        // Seen from node 2 the same region is remote: both must agree where a shard belongs.
        var fromOne = Shards.Select(shard => ShardPlan.HomeOf(shard, [Region(1, local: true), Region(2)], Cluster(1, 2), Self)!.Path.Address.HasLocalScope);
        var fromTwo = Shards.Select(shard => ShardPlan.HomeOf(shard, [Region(1), Region(2, local: true)], Cluster(1, 2), Address(2))!.Path.Address.HasGlobalScope);

        Assert.Equal(fromOne, fromTwo);
    }

    [Fact]
    public void HomeOf_MemberNotStaying_PassedOver()
    {
        var cluster = Cluster(1, 2).With(2, new ShardMembers.Node(100, IsStaying: false));

        Assert.All(Shards, shard => Assert.Equal(Region(1), ShardPlan.HomeOf(shard, [Region(1), Region(2)], cluster, Self)));
    }

    [Fact]
    public void HomeOf_NobodyStaying_AMemberAllTheSame()
    {
        var cluster = Cluster(1).With(1, new ShardMembers.Node(1, IsStaying: false));

        Assert.All(Shards, shard => Assert.Equal(Region(1), ShardPlan.HomeOf(shard, [Region(1), Region(2)], cluster, Self)));
    }

    [Fact]
    public void HomeOf_NoMemberKnownYet_AnyRegionAllTheSame() =>
        Assert.Equal(Region(2), ShardPlan.HomeOf("1", [Region(2)], Cluster(), Self));

    [Fact]
    public void HomeOf_Weights_Honoured()
    {
        var cluster = Cluster(1, 2).With(2, new ShardMembers.Node(3, IsStaying: true));

        var second = Shards.Count(shard => ShardPlan.HomeOf(shard, [Region(1), Region(2)], cluster, Self)!.Equals(Region(2)));

        Assert.InRange(second, 40, 56);
    }

    [Fact]
    public void Moves_AllAtHome_None() => Assert.Empty(Moves(Settle(Cluster(1, 2, 3)), Cluster(1, 2, 3)));

    [Fact]
    public void Moves_BackendAdded_AtMostAnEighthARound_UntilAllAreHome()
    {
        var cluster = Cluster(1, 2, 3);
        var allocations = Settle(Cluster(1, 2)).Add(Region(3), []);
        var moved = 0;
        while (Moves(allocations, cluster) is { Count: > 0 } moves)
        {
            Assert.InRange(moves.Count, 1, 8);
            Assert.All(moves, shard => Assert.Equal(Region(3), ShardPlan.HomeOf(shard, allocations.Keys, cluster, Self)));
            moved += moves.Count;
            allocations = Move(allocations, moves, cluster);
        }

        Assert.Equal(Assigned(Settle(cluster)), Assigned(allocations));
        Assert.Equal(Settle(cluster)[Region(3)].Count, moved);
    }

    [Fact]
    public void Moves_FewShards_OneARound()
    {
        var allocations = Allocations().Add(Region(1), [.. Shards.Take(7)]).Add(Region(2), []);

        Assert.Single(Moves(allocations, Cluster(1, 2)));
    }

    [Fact]
    public void Moves_RoundInProgress_None() =>
        Assert.Empty(ShardPlan.Moves(Unbalanced(), ImmutableHashSet.Create("1"), Cluster(1, 2), Self));

    [Fact]
    public void Moves_NotSettled_None() => Assert.Empty(Moves(Unbalanced(), Cluster(1, 2) with { IsSettled = false }));

    [Fact]
    public void Moves_RegionOfARemovedMember_None() => Assert.Empty(Moves(Unbalanced().Add(Region(3), []), Cluster(1, 2)));

    [Property]
    public bool Moves_Always_FromElsewhereToHome_AndBounded(byte[] placement)
    {
        var cluster = Cluster(1, 2, 3);
        var regions = new[] { Region(1), Region(2), Region(3) };
        var allocations = Allocations().AddRange(regions.Select((region, i) => KeyValuePair.Create<IActorRef, IImmutableList<string>>(
            region, [.. placement.Select((place, shard) => (place, shard)).Where(p => p.place % 3 == i).Select(p => $"{p.shard}")])));

        var moves = Moves(allocations, cluster);

        return moves.Count <= Math.Max(1, placement.Length / 8)
            && moves.All(shard => !allocations[ShardPlan.HomeOf(shard, regions, cluster, Self)!].Contains(shard));
    }

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Allocations() => ImmutableDictionary<IActorRef, IImmutableList<string>>.Empty;

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Unbalanced() =>
        Allocations().Add(Region(1), [.. Shards]).Add(Region(2), []);

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Settle(ShardMembers cluster)
    {
        var regions = cluster.Members.Keys.Select(address => (IActorRef)Region(address.Port!.Value)).ToArray();
        return Allocations().AddRange(regions.Select(region => KeyValuePair.Create<IActorRef, IImmutableList<string>>(
            region, [.. Shards.Where(shard => region.Equals(ShardPlan.HomeOf(shard, regions, cluster, Self)))])));
    }

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Move(
        ImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IImmutableSet<string> moves, ShardMembers cluster)
    {
        foreach (var shard in moves)
        {
            var from = allocations.Keys.Single(region => allocations[region].Contains(shard));
            var to = ShardPlan.HomeOf(shard, allocations.Keys, cluster, Self)!;
            allocations = allocations.SetItem(from, allocations[from].Remove(shard)).SetItem(to, allocations[to].Add(shard));
        }

        return allocations;
    }

    private static string[] Assigned(ImmutableDictionary<IActorRef, IImmutableList<string>> allocations) =>
        [.. allocations.SelectMany(region => region.Value.Select(shard => $"{shard}@{region.Key.Path.Address}")).Order()];

    private static IImmutableSet<string> Moves(ImmutableDictionary<IActorRef, IImmutableList<string>> allocations, ShardMembers cluster) =>
        ShardPlan.Moves(allocations, ImmutableHashSet<string>.Empty, cluster, Self);

    private static Address Address(int node) => new("akka.tcp", "pomegranate", "backend", node);

    private static ShardMembers Cluster(params int[] nodes) => new(
        nodes.ToImmutableDictionary(Address, _ => new ShardMembers.Node(1, IsStaying: true)), IsSettled: true);

    private static RegionRef Region(int node, bool local = false) => new(local ? new Address("akka", "pomegranate") : Address(node));

    /// <summary>A region as the coordinator knows it: an address is all that matters here.</summary>
    private sealed class RegionRef(Address address) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(address) / "system" / "sharding" / "sessions";

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}

/// <summary>Builders of memberships.</summary>
internal static class ShardMembersBuilder
{
    public static ShardMembers With(this ShardMembers cluster, int node, ShardMembers.Node member) => cluster with
    {
        Members = cluster.Members.SetItem(new Address("akka.tcp", "pomegranate", "backend", node), member),
    };
}
