using Akka.Cluster;
using Pomegranate.Partitions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Rules;

/// <summary>As <c>PartitionResolver</c> of build 240d04d: once nothing has changed for a while, each downs whom <see cref="TodayVerdict"/> says.</summary>
internal sealed class TodayDowning(Process self, long stableAfter, long unstableAfter)
{
    private ulong _members;
    private ulong[] _broken = [];
    private long _firstBreak;
    private long _lastChange;

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
            _broken = [];
            return;
        }

        var now = self.Clock.Now;
        if (_broken.Length == 0)
        {
            _firstBreak = now;
        }

        if (!IsSame(broken) || members != _members)
        {
            _lastChange = now;
            (_broken, _members) = (broken, members);
        }

        if (now - _lastChange >= stableAfter || now - _firstBreak >= stableAfter + unstableAfter)
        {
            Decide(gossip);
        }
    }

    private bool IsSame(ulong[] broken)
    {
        for (var i = 0; i < broken.Length; i++)
        {
            if (broken[i] != (i < _broken.Length ? _broken[i] : 0))
            {
                return false;
            }
        }

        return true;
    }

    private void Decide(Gossip gossip)
    {
        var voters = new List<Voter>();
        var links = new List<(UniqueAddress, UniqueAddress)>();
        foreach (var member in _members.All())
        {
            var process = self.World.Processes[member];
            var status = gossip.Joining.Has(member) ? MemberStatus.Joining : gossip.Leaving.Has(member) ? MemberStatus.Leaving : MemberStatus.Up;
            voters.Add(new Voter(process.Address, process.IsBackend, status, gossip.UpNumber[member] == 0 ? int.MaxValue : gossip.UpNumber[member]));
            foreach (var lost in _broken[member].All())
            {
                links.Add((process.Address, self.World.Processes[lost].Address));
            }
        }

        var downed = TodayVerdict.Of(self.Address, voters, links);
        ulong set = 0;
        foreach (var process in self.World.Processes)
        {
            set |= downed.Contains(process.Address) ? process.Bit : 0;
        }

        if (set != 0)
        {
            self.World.Say(self, $"decides: {self.World.NamesOf(set)} must go; of {self.World.NamesOf(_members)}");
            self.Members.MarkDown(set);
        }

        _lastChange = _firstBreak = self.Clock.Now;
    }
}
