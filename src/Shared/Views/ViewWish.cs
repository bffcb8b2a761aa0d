using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>What should follow the current view, as one of its backends sees it. It is thought over only after news.</summary>
internal sealed class ViewWish(ViewMembers members, ViewSettings settings)
{
    private (View? View, int Members, bool IsSettled, bool Renews) _thoughtOf;
    private View? _wish;
    private bool _hasOtherWitnesses;
    private TimeSpan? _otherWitnessesSince;

    /// <returns>Null where the view is as it should be, or where nothing can follow it.</returns>
    /// <param name="isSettled">Whether the view owes nothing to earlier ones any more.</param>
    /// <param name="undecidedSince">Since when a vote has been left undecided.</param>
    public View? After(View view, bool isSettled, TimeSpan? undecidedSince, TimeSpan now)
    {
        if (_thoughtOf.View != view || _thoughtOf.Members != members.Revision)
        {
            _hasOtherWitnesses = members.IsEverybodyReachable && !view.Witnesses.ToHashSet().SetEquals(WitnessesBeside(view.Backends));
        }

        _otherWitnessesSince = _hasOtherWitnesses ? _otherWitnessesSince ?? now : null;
        var thought = (view, members.Revision, isSettled, IsLongAgo(undecidedSince) || IsLongAgo(_otherWitnessesSince));
        if (thought != _thoughtOf)
        {
            _thoughtOf = thought;
            _wish = Next(view, isSettled, renews: thought.Item4);
        }

        return _wish;

        bool IsLongAgo(TimeSpan? since) => now - since >= ViewSettings.RenewAfter;
    }

    /// <param name="renews">Whether the same backends are worth a new view.</param>
    private View? Next(View view, bool isSettled, bool renews)
    {
        var candidates = members.All.Where(m => m.IsBackend && !view.Includes(m.Address) && members.WantsIn(m.Address)).OrderBy(m => m.UpNumber);
        var backends = view.Backends.Concat(candidates.Select(m => m.Address)).Where(b => !members.IsOut(b)).ToList();
        var leaving = new Stack<UniqueAddress>(view.Backends.Where(b => members.WantsOut(b) && !members.IsUnwanted(b) && !members.IsGone(b)));
        var owed = ViewRules.OwedAfter(view, isSettled, backends, members.IsGone);

        // Those who want to leave stay until the others know what they know.
        while (backends.Count == 0 || owed.Any(roster => !roster.IsKnownTo(backends.Contains)))
        {
            if (!leaving.TryPop(out var stays))
            {
                return null;
            }

            backends.Add(stays);
            owed = ViewRules.OwedAfter(view, isSettled, backends, members.IsGone);
        }

        return renews || !view.Roster.HasSameMembersAs(backends)
            ? new View(view.Number + 1, new Roster([.. backends], settings.Need(backends.Count)), [.. WitnessesBeside(backends)], owed)
            : null;
    }

    private IEnumerable<UniqueAddress> WitnessesBeside(IReadOnlyCollection<UniqueAddress> backends) =>
        members.All.Select(m => m.Address).Where(m => !backends.Contains(m) && !members.IsOut(m));
}
