using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>
/// Which backends of an app count: whose acknowledgements make a commit, whose answers a recovery, whose grants a lease.
/// Views follow each other by number; each is one decision of the voters of the one before (<see cref="ViewNode"/>).
/// </summary>
/// <param name="Number">Greater than that of every earlier view.</param>
/// <param name="Roster">The backends; the first of them breaks a tie of votes.</param>
/// <param name="Witnesses">The cluster's other members at the time: they vote where the backends are halved.</param>
/// <param name="Owed">
/// Earlier rosters whose acknowledged writes may not yet be on enough backends of this view: a recovery must hear these
/// as well, until the view is settled.
/// </param>
internal sealed record View(long Number, Roster Roster, ImmutableArray<UniqueAddress> Witnesses, ImmutableArray<Roster> Owed)
{
    public ImmutableArray<UniqueAddress> Backends => Roster.Members;

    /// <summary>Everybody whose vote counts when the next view is decided.</summary>
    public IEnumerable<UniqueAddress> Voters => Backends.Concat(Witnesses);

    public bool Includes(UniqueAddress backend) => Backends.Contains(backend);

    /// <summary>Whether that backend may hold what this view needs: it is in it, or in one to which it owes.</summary>
    public bool MayHold(UniqueAddress backend) => Includes(backend) || Owed.Any(roster => roster.Members.Contains(backend));

    public override string ToString() => $"view {Number} of {string.Join(", ", Backends.Select(b => b.Address))}";
}

/// <summary>Backends that acknowledged writes together.</summary>
/// <param name="Members">Those of them that may still speak.</param>
/// <param name="Need">Any so many of the members know every write that was acknowledged.</param>
internal sealed record Roster(ImmutableArray<UniqueAddress> Members, int Need)
{
    public bool IsKnownTo(Func<UniqueAddress, bool> heard) => Members.Count(heard) >= Need;

    /// <summary>The same without members that cannot speak any more: then all that are left may be needed.</summary>
    public Roster Without(Func<UniqueAddress, bool> gone)
    {
        var left = Members.RemoveAll(gone.Invoke);
        return new(left, Math.Min(Need, left.Length));
    }

    public bool HasSameMembersAs(IReadOnlyCollection<UniqueAddress> others) => Members.Length == others.Count && Members.All(others.Contains);
}
