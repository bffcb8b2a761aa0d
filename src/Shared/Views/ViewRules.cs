using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>When a view may follow another, and who has to be heard in it. Pure.</summary>
/// <remarks>
/// The invariant: a write that was acknowledged is found by every later recovery, unless every backend that acknowledged
/// it has died. Two things keep it. Of any two sets that decide the successor of one view, each has a member of the
/// other (<see cref="Decide"/>), so there is one successor. And any backends that are enough for a recovery have one of
/// each set that was enough for a commit (<see cref="Roster.Need"/>), in every view whose writes are still owed.
/// </remarks>
internal static class ViewRules
{
    /// <summary>Whether those who spoke may decide what follows <paramref name="last"/>.</summary>
    /// <param name="spoke">Who has accepted in person.</param>
    /// <param name="dead">Backends whose death is proven to the proposer, or that an operator has downed.</param>
    /// <param name="holdsLease">
    /// Whether the proposer answers under a lease of <paramref name="last"/> at this moment: then nobody else serves in any
    /// later view, and none of the dead will. Without it the witnesses are asked as well: had the dead decided on a later
    /// view, who was with them would know.
    /// </param>
    public static bool Decide(View last, IReadOnlySet<UniqueAddress> spoke, IReadOnlySet<UniqueAddress> dead, bool holdsLease)
    {
        var backends = last.Backends.Count(spoke.Contains);
        if (2 * backends > last.Backends.Length)
        {
            return true;
        }

        if (2 * backends == last.Backends.Length && HasMostVotes(last, spoke))
        {
            return true;
        }

        return backends > 0 && last.Backends.All(HasSpokenOrIsDead) && (holdsLease || last.Witnesses.All(HasSpokenOrIsDead));

        bool HasSpokenOrIsDead(UniqueAddress voter) => spoke.Contains(voter) || dead.Contains(voter);
    }

    /// <summary>
    /// Whether a value may have been decided that only these have accepted or may have: all voters but those known not to
    /// have.
    /// </summary>
    public static bool MayHaveDecided(View last, IReadOnlySet<UniqueAddress> maybe) => Decide(last, maybe, ImmutableHashSet<UniqueAddress>.Empty, holdsLease: false);

    /// <summary>Whether those who are left of a broken network may decide, if all of them speak: before anybody is asked.</summary>
    public static bool CouldDecide(View last, IReadOnlySet<UniqueAddress> left, IReadOnlySet<UniqueAddress> dead) => Decide(last, left, dead, holdsLease: true);

    /// <summary>What a view with these backends owes to those before it.</summary>
    /// <param name="isSettled">Whether enough backends of <paramref name="last"/> hold all that earlier views have acknowledged.</param>
    /// <param name="gone">Who cannot speak any more: dead, or no member of the cluster.</param>
    public static ImmutableArray<Roster> OwedAfter(View last, bool isSettled, IReadOnlyCollection<UniqueAddress> backends, Func<UniqueAddress, bool> gone)
    {
        IEnumerable<Roster> owed = isSettled ? [] : last.Owed;

        // With the same backends what is enough in the new view was enough in the last.
        if (!last.Roster.HasSameMembersAs(backends))
        {
            owed = owed.Append(last.Roster);
        }

        return [.. owed.Select(roster => roster.Without(gone)).Where(roster => roster.Members.Length > 0)];
    }

    /// <summary>Whether answers of these backends, given in this view, hold every write that was ever acknowledged.</summary>
    public static bool IsEnoughToRead(View view, bool isSettled, Func<UniqueAddress, bool> heard) =>
        view.Roster.IsKnownTo(heard) && (isSettled || view.Owed.All(roster => roster.IsKnownTo(heard)));

    /// <summary>
    /// Whether what earlier views have acknowledged is on so many backends of this one that it owes them nothing any more.
    /// </summary>
    /// <param name="caughtUp">Who holds all of it.</param>
    public static bool IsSettled(View view, Func<UniqueAddress, bool> caughtUp)
    {
        var needed = view.Backends.Length - view.Roster.Need + 1;
        return view.Owed.All(roster =>
        {
            // Of an owed roster at least so many hold a write, wherever it is; those who have caught up hold every one.
            var anyway = roster.Members.Count(view.Includes) - roster.Need + 1;
            var within = view.Backends.Count(b => caughtUp(b) && roster.Members.Contains(b));
            var beside = view.Backends.Count(b => caughtUp(b) && !roster.Members.Contains(b));
            return beside + Math.Max(within, anyway) >= needed;
        });
    }

    private static bool HasMostVotes(View last, IReadOnlySet<UniqueAddress> spoke)
    {
        var (votes, all) = (last.Voters.Count(spoke.Contains), last.Backends.Length + last.Witnesses.Length);
        return 2 * votes > all || (2 * votes == all && spoke.Contains(last.Backends[0]));
    }
}
