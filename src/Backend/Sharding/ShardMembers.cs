using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Sharding;

/// <summary>What shard allocation needs to know of the cluster at one moment.</summary>
/// <param name="Members">Every member by address.</param>
/// <param name="IsSettled">
/// Whether all members are up and reachable and have seen this membership: a hand-off needs the acknowledgement of
/// every region and proxy, so beside a dead or joining one it would wait for its whole time-out.
/// </param>
internal sealed record ShardMembers(IImmutableDictionary<Address, ShardMembers.Node> Members, bool IsSettled)
{
    public static ShardMembers From(ClusterEvent.CurrentClusterState state)
    {
        var members = state.Members.ToImmutableDictionary(
            member => member.Address,
            member => new Node(
                BackendWeight.FromRoles(member.Roles),
                member.Status == MemberStatus.Up && !state.Unreachable.Contains(member)));
        var settled = members.Values.All(node => node.IsStaying) && members.Keys.All(state.SeenBy.Contains);
        return new ShardMembers(members, settled);
    }

    /// <summary>A member.</summary>
    /// <param name="IsStaying">Up and reachable: not on its way out, by will or by accident.</param>
    internal sealed record Node(int Weight, bool IsStaying);
}
