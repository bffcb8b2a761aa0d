using Pomegranate.Partitions;
using Pomegranate.Simulation.Core;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Cluster;

/// <summary>Ends the smaller of two clusters that meet: SecondClusterWatch, whose judgement (<see cref="Census"/>) this is.</summary>
internal sealed class SecondCluster(Process self, Membership members)
{
    private const long Interval = 10 * Span.Second;
    private const long BeforeAView = 1 * Span.Second;

    private long _lastAsked;

    public void OnTick()
    {
        if (self.Clock.Now - _lastAsked < (self.Rules.View == 0 ? BeforeAView : Interval) || !members.IsUp)
        {
            return;
        }

        _lastAsked = self.Clock.Now;
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
