using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Partitions;
using Pomegranate.Views;

namespace Pomegranate.Shared.Tests.Partitions;

/// <summary>A cluster on paper whose members are named as in "backend1", and what each side of a parted network knows of it.</summary>
internal sealed class PartedCluster
{
    private readonly List<Voter> _members = [];

    /// <param name="names">In the order of their age.</param>
    public PartedCluster(params string[] names)
    {
        foreach (var name in names)
        {
            _members.Add(new Voter(AddressOf(name), name.StartsWith("backend", StringComparison.Ordinal), MemberStatus.Up, _members.Count + 1));
        }
    }

    public IReadOnlyList<Voter> Members => _members;

    public static UniqueAddress AddressOf(string name) => new(new Address("akka.tcp", "pomegranate", name, 4053), 1);

    public static string NameOf(UniqueAddress address) => address.Address.Host;

    public PartedCluster With(string name, MemberStatus status)
    {
        _members[_members.FindIndex(m => NameOf(m.Address) == name)] = _members.First(m => NameOf(m.Address) == name) with { Status = status };
        return this;
    }

    /// <summary>What a side's members have reported: that they reach nobody of another side. Of those they hear nothing.</summary>
    public List<(UniqueAddress, UniqueAddress)> ReportsOf(IReadOnlyCollection<UniqueAddress> side) =>
        [.. from observer in side from subject in Members where !side.Contains(subject.Address) select (observer, subject.Address)];

    /// <summary>The view of the cluster's backends, of which a majority acknowledges writes.</summary>
    public View View
    {
        get
        {
            ImmutableArray<UniqueAddress> backends = [.. Members.Where(m => m.IsBackend && m.IsFull).Select(m => m.Address)];
            return new View(1, new Roster(backends, backends.Length - (backends.Length / 2)), [.. Members.Select(m => m.Address).Except(backends)], []);
        }
    }

    /// <summary>
    /// Those of a network parted into <paramref name="sides"/> who go on: who take themselves for survivors, and whose side
    /// has the votes for the next view.
    /// </summary>
    public IReadOnlyList<string> LeftOf(params string[][] sides)
    {
        var goOn = new List<UniqueAddress>();
        foreach (var side in sides.Select(names => names.Select(AddressOf).ToHashSet()))
        {
            goOn.AddRange(side.Where(self => DowningDecision.Of(self, Members, ReportsOf(side), [View]).IsSurvivor
                && ViewRules.Decide(View, side, ImmutableHashSet<UniqueAddress>.Empty, holdsLease: false)));
        }

        return [.. Members.Select(m => m.Address).Where(goOn.Contains).Select(NameOf)];
    }

    /// <summary>Who is left where all hear of each other but some pairs do not reach each other.</summary>
    public IReadOnlyList<string> LeftWithout(params (string Observer, string Subject)[] links)
    {
        var broken = links.Select(link => (AddressOf(link.Observer), AddressOf(link.Subject))).ToList();
        var unwanted = Members.SelectMany(m => DowningDecision.Of(m.Address, Members, broken, [View]).Unwanted).ToHashSet();
        return [.. Members.Select(m => m.Address).Where(a => !unwanted.Contains(a)).Select(NameOf)];
    }
}
