using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>
/// Where nobody is left who could vote, a view is founded: by the one backend that is left of the last one, or, where none
/// is or there never was one, by the oldest whose replica is complete.
/// </summary>
internal sealed class ViewFounding(UniqueAddress self, ViewSettings settings, ViewMembers members)
{
    /// <summary>Who has said that it knows no view, and when; asked before one is founded.</summary>
    private readonly Dictionary<UniqueAddress, TimeSpan> _knowNone = [];

    public void NoteKnowsNone(UniqueAddress member, TimeSpan now) => _knowNone[member] = now;

    public bool KnowsNone(UniqueAddress member, TimeSpan now) =>
        _knowNone.TryGetValue(member, out var said) && now - said < ViewSettings.RenewAfter;

    /// <param name="last">The last view that this node knows; null if it knows none.</param>
    /// <returns>Null where none is to be founded by this node now.</returns>
    public View? Due(View? last, bool isSettled, bool holdsLease, TimeSpan now)
    {
        if (last?.Backends.Any(b => !b.Equals(self) && !members.IsGone(b)) == true || members.WantsOut(self))
        {
            return null;
        }

        var backends = members.All.Where(m => m.IsBackend).ToList();
        if (backends.Count < settings.MinimumBackends)
        {
            return null;
        }

        var isIn = last?.Includes(self) == true;
        ImmutableArray<Roster> owed = isIn ? ViewRules.OwedAfter(last!, isSettled, [self], members.IsGone) : [];
        var isLast = isIn && last!.Backends.Length > 1 && !holdsLease && members.IsQuiet(now) && owed.All(roster => roster.IsKnownTo(self.Equals));
        var isFirst = !isIn && (last is not null || members.Others.All(m => KnowsNone(m, now)))
            && backends.MinBy(m => m.UpNumber)?.Address.Equals(self) == true;
        return isLast || isFirst
            ? new View((last?.Number ?? 0) + 1, new Roster([self], 1), [.. members.Others], owed)
            : null;
    }
}
