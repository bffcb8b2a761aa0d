using System.Collections.Immutable;
using Akka.Cluster;
using Pomegranate.Views;

namespace Pomegranate.Partitions;

/// <summary>What one node makes of a parted cluster. Pure.</summary>
/// <param name="Unwanted">Without whom the apps' views are to go on; empty where this side does not go on.</param>
/// <param name="Downs">Whom this node is to down: the unwanted, once every view is without them, if it is the one to do so.</param>
/// <param name="IsSurvivor">Whether this node is among those who go on.</param>
internal sealed record DowningDecision(ImmutableHashSet<UniqueAddress> Unwanted, ImmutableHashSet<UniqueAddress> Downs, bool IsSurvivor)
{
    private static readonly DowningDecision Waits = new([], [], IsSurvivor: false);

    /// <param name="members">Everybody who counts.</param>
    /// <param name="broken">Pairs of which the first has reported the second unreachable.</param>
    /// <param name="views">Each app's current view.</param>
    public static DowningDecision Of(
        UniqueAddress self, IReadOnlyCollection<Voter> members, IReadOnlyCollection<(UniqueAddress, UniqueAddress)> broken, IReadOnlyCollection<View> views)
    {
        var survivors = Survivors.Of(members, broken, member => member.IsFull ? 1 : 0);
        if (!survivors.Contains(self) || views.Any(view => !ViewRules.CouldDecide(view, survivors, ImmutableHashSet<UniqueAddress>.Empty)))
        {
            return Waits;
        }

        var unwanted = members.Select(m => m.Address).Where(m => !survivors.Contains(m)).ToImmutableHashSet();
        var isAgreed = views.All(view => !view.Backends.Any(unwanted.Contains) && view.Owed.All(roster => roster.IsKnownTo(survivors.Contains)));
        return new(unwanted, isAgreed && survivors.Min()!.Equals(self) ? unwanted : [], IsSurvivor: true);
    }
}
