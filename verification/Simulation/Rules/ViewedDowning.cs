using Akka.Cluster;
using Pomegranate.Partitions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Views;

namespace Pomegranate.Simulation.Rules;

/// <summary>
/// Whom the others are to go on without: those who are not among the <see cref="Survivors"/> once nothing has changed for a
/// while and nobody's silence is within its patience. First a view without them, then they are downed. Nobody downs itself.
/// </summary>
internal sealed class ViewedDowning(Process self, ViewNode node, long pause, long stableAfter)
{
    private const long Beginning = 10 * Span.Second;
    private const int Patience = 3;

    private ulong _members;
    private ulong[] _broken = [];
    private long _lastChange;
    private (long, View?, ulong, ulong) _decided;
    private ulong _unwanted;

    private TimeSpan Now => TimeSpan.FromMicroseconds(self.Clock.Now);

    public void OnTick()
    {
        var gossip = self.Members.Gossip;
        var members = self.Members.Present;
        var broken = new ulong[self.World.Processes.Count];
        var isBroken = false;
        foreach (var observer in members.All())
        {
            broken[observer] = gossip.Unreachable[observer] & members;
            isBroken |= broken[observer] != 0;
        }

        if (!isBroken || !gossip.Full.Has(self.Id))
        {
            (_broken, _decided) = ([], default);
            Want(0);
            return;
        }

        if (!broken.AsSpan().TrimEnd(0UL).SequenceEqual(_broken.AsSpan().TrimEnd(0UL)) || members != _members)
        {
            _lastChange = self.Clock.Now;
            (_broken, _members) = (broken, members);
        }

        if (self.Clock.Now - _lastChange < stableAfter || IsSomebodyWithinPatience(members))
        {
            return;
        }

        // The same picture gives the same decision.
        var picture = (_lastChange, node.Current, gossip.Joining, gossip.Leaving);
        if (picture != _decided)
        {
            _decided = picture;
            Decide(gossip);
        }
    }

    /// <summary>A young node is given longer, and until then nothing is decided: it may be the one that others count on.</summary>
    private bool IsSomebodyWithinPatience(ulong members)
    {
        foreach (var peer in (members & ~self.Bit).All())
        {
            var silence = self.Members.SilenceOf(peer);
            if (self.Members.AgeOf(peer) < Beginning + silence && silence > pause / 2 && silence < Patience * pause && !self.Members.Proved.Has(peer))
            {
                return true;
            }
        }

        return false;
    }

    private void Decide(Gossip gossip)
    {
        var voters = new List<Voter>();
        var links = new List<(UniqueAddress, UniqueAddress)>();
        foreach (var member in _members.All())
        {
            var process = self.World.Processes[member];
            var status = gossip.Joining.Has(member) ? MemberStatus.Joining : gossip.Leaving.Has(member) ? MemberStatus.Leaving : MemberStatus.Up;
            voters.Add(new Voter(process.Address, node.Current?.Includes(process.Address) == true, status, gossip.UpNumber[member] == 0 ? int.MaxValue : gossip.UpNumber[member]));
            foreach (var lost in _broken[member].All())
            {
                links.Add((process.Address, self.World.Processes[lost].Address));
            }
        }

        var decision = DowningDecision.Of(self.Address, voters, links, node.Current is { } view ? [view] : []);
        Want(Bits(decision.Unwanted));
        if (!decision.Downs.IsEmpty)
        {
            var downs = Bits(decision.Downs);
            self.World.Say(self, $"downs {self.World.NamesOf(downs)}, who are not in view {node.Current?.Number}");
            self.Members.MarkDown(downs);
        }

        ulong Bits(IEnumerable<UniqueAddress> members) => members.Aggregate(0UL, (bits, member) => bits | Core.Bits.Of(self.World.IndexOf(member)));
    }

    private void Want(ulong unwanted)
    {
        if (unwanted != _unwanted)
        {
            _unwanted = unwanted;
            self.World.Say(self, unwanted == 0 ? "does without nobody any more" : $"would go on without {self.World.NamesOf(unwanted)}");
            var addresses = new List<UniqueAddress>();
            foreach (var process in unwanted.All())
            {
                addresses.Add(self.World.Processes[process].Address);
            }

            node.SetUnwanted(addresses, Now);
        }
    }
}
