using System.Collections.Immutable;
using Akka.Cluster;
using Pomegranate.Partitions;

namespace Pomegranate.Simulation.Rules;

/// <summary>The <c>Verdict</c> of build 240d04d: what one node makes of a parted cluster, whom it downs, itself among them or not.</summary>
internal static class TodayVerdict
{
    /// <summary>
    /// Whom <paramref name="self"/> is to down: itself where it does not survive; else, where it is the one among the
    /// survivors to do so, all who do not.
    /// </summary>
    public static ImmutableHashSet<UniqueAddress> Of(
        UniqueAddress self, IReadOnlyCollection<Voter> members, IReadOnlyCollection<(UniqueAddress, UniqueAddress)> broken)
    {
        var survivors = Survivors.Of(members, broken, member => member.IsFull ? 1 : 0);
        if (!survivors.Contains(self) || !(LeaderIsNear() || Survivors.Of(members, broken, WeighsAtWorst).Contains(self)))
        {
            return [self];
        }

        return survivors.Min()!.Equals(self) ? [.. members.Select(m => m.Address).Where(a => !survivors.Contains(a))] : [];

        bool IsNear(UniqueAddress member) => !broken.Contains((self, member)) && !broken.Contains((member, self));

        // Only the leader, the Up member with the lowest address, changes a status. Where it is on this side, the other
        // side knows of no change that this one does not know of.
        bool LeaderIsNear() => members.Where(m => m.IsFull).Select(m => m.Address).Min() is { } leader && IsNear(leader);

        // Else those who join may be Up by now on the other side, and those of this side who leave may count no more.
        int WeighsAtWorst(Voter member) => (IsNear(member.Address) ? member.Status is MemberStatus.Up : true) ? 1 : 0;
    }
}
