using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Partitions;

/// <summary>
/// Which members go on when some cannot reach each other: the group in which everybody reaches everybody that holds the
/// most backends, then the most members; of equals, the one with the older member. The others are to leave.
/// </summary>
/// <remarks>
/// <para>
/// Backends count first because they acknowledge writes: of any two sides, the one with at least half of them has at
/// least one that acknowledged each write of a majority, and only the one with more than half can go on acknowledging
/// while the network is parted. A majority of all members, Akka's keep-majority, may hold one backend of three.
/// </para>
/// <para>
/// Every node computes this for itself and must come to the same result, so it depends only on what they share: the
/// members, their ages, and who reported whom unreachable. What goes on inside a side that cannot be heard is unknown
/// and taken to be whole. A broken link between two members costs one of them; a member that hears nobody goes alone.
/// </para>
/// </remarks>
internal static class Survivors
{
    /// <summary>Of how many groups the best is sought. A network of 11 broken pairs has 2,048.</summary>
    private const int MostGroups = 2_048;

    /// <param name="members">Everybody who counts.</param>
    /// <param name="broken">Pairs of which one has reported the other unreachable, in any order.</param>
    /// <param name="weighs">What a member counts for: 1, or 0 where its vote is in doubt.</param>
    public static ImmutableHashSet<UniqueAddress> Of(
        IReadOnlyCollection<Voter> members, IReadOnlyCollection<(UniqueAddress, UniqueAddress)> broken, Func<Voter, int> weighs)
    {
        var apart = broken.Concat(broken.Select(link => (link.Item2, link.Item1))).ToHashSet();
        var byAge = members.Order(Voter.Oldest).ToList();
        var reaches = byAge.ToDictionary(
            m => m.Address,
            m => byAge.Where(o => o != m && !apart.Contains((m.Address, o.Address))).ToHashSet());

        List<Voter>? best = null;
        var groups = 0;
        Extend([], [.. byAge], []);
        return [.. (best ?? []).Select(m => m.Address)];

        // The maximal cliques of the graph of who reaches whom, after Bron and Kerbosch (1973), with Tomita's pivot.
        void Extend(ImmutableList<Voter> group, HashSet<Voter> candidates, HashSet<Voter> done)
        {
            if (candidates.Count == 0 && done.Count == 0)
            {
                groups++;
                var found = group.Order(Voter.Oldest).ToList();
                best = best is null || IsBetter(found, best, weighs) ? found : best;
                return;
            }

            if (groups >= MostGroups)
            {
                return;
            }

            var pivot = byAge.Where(m => candidates.Contains(m) || done.Contains(m)).MaxBy(m => candidates.Count(reaches[m.Address].Contains))!;
            foreach (var next in byAge.Where(m => candidates.Contains(m) && !reaches[pivot.Address].Contains(m)).ToList())
            {
                var near = reaches[next.Address];
                Extend(group.Add(next), [.. candidates.Where(near.Contains)], [.. done.Where(near.Contains)]);
                candidates.Remove(next);
                done.Add(next);
            }
        }
    }

    private static bool IsBetter(List<Voter> group, List<Voter> than, Func<Voter, int> weighs)
    {
        var byBackends = group.Where(m => m.IsBackend).Sum(weighs) - than.Where(m => m.IsBackend).Sum(weighs);
        var byMembers = group.Sum(weighs) - than.Sum(weighs);
        if (byBackends != 0 || byMembers != 0)
        {
            return byBackends != 0 ? byBackends > 0 : byMembers > 0;
        }

        // Both are sorted by age: the oldest that is not in both decides.
        var (mine, theirs) = group.Zip(than).FirstOrDefault(pair => pair.First != pair.Second);
        return mine is null ? group.Count > than.Count : Voter.Oldest.Compare(mine, theirs) < 0;
    }
}
