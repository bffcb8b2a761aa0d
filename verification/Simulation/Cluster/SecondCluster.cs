using Pomegranate.Partitions;
using Pomegranate.Simulation.Core;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Cluster;

/// <summary>Ends the smaller of two clusters that meet: SecondClusterWatch, whose judgement (<see cref="Census"/>) this is.</summary>
internal sealed class SecondCluster(Process self, Membership members)
{
    private const long Interval = 10 * Span.Second;
    private const long Soon = 1 * Span.Second;

    private long _lastAsked;
    private long _soonUntil = long.MinValue;
    private ulong _removed;

    public void OnTick()
    {
        var now = self.Clock.Now;
        if (_removed != members.Gossip.Removed)
        {
            (_removed, _soonUntil, _lastAsked) = (members.Gossip.Removed, now + Interval, now);
        }

        if (now - _lastAsked < (self.Rules.View == 0 || now < _soonUntil ? Soon : Interval) || !members.IsUp)
        {
            return;
        }

        _lastAsked = now;
        foreach (var seed in self.World.Running.Where(other => !members.Gossip.Members.Has(other.Id)))
        {
            self.Send(seed, new CensusOf(Mine()));
        }
    }

    public void OnCensus(Process from, Census theirs)
    {
        var mine = Mine();
        if (!theirs.IsApartFrom(mine))
        {
            return;
        }

        if (!mine.YieldsTo(theirs))
        {
            self.Send(from, new CensusOf(mine));
            return;
        }

        self.World.Say(self, "ends its cluster, for there is another");
        self.World.Count("second cluster ended");
        members.DownAll();
    }

    private Census Mine()
    {
        var addresses = new List<Akka.Cluster.UniqueAddress>();
        foreach (var member in members.Present.All())
        {
            addresses.Add(self.World.Processes[member].Address);
        }

        return new Census(addresses, (members.Present & self.World.BackendBits).Count(), self.Rules.View);
    }
}
