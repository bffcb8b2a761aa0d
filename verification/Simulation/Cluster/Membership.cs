using Pomegranate.Partitions;
using Pomegranate.Simulation.Core;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Cluster;

/// <summary>One node's membership: its failure detector, its gossip, and what it does as leader. Modelled on Akka.Cluster.</summary>
internal sealed class Membership
{
    private const long Retry = 1 * Span.Second;

    /// <summary>retry-unsuccessful-join-after.</summary>
    private const long AskAnother = 2 * Span.Second;

    /// <summary>The first seed asks for so long before it founds a cluster.</summary>
    private const long FoundsAfter = 5 * Span.Second;

    private readonly Process _self;
    private readonly World _world;
    private readonly long[] _heard = new long[Gossip.Most];
    private readonly long[] _first = new long[Gossip.Most];
    private readonly long[] _spare = new long[Gossip.Most];
    private readonly SecondCluster _seconds;
    private readonly long _started;
    private readonly long _stranded = (long)StrandedWatch.Patience.TotalMicroseconds;
    private long _lastJoin = long.MinValue / 2;
    private long _askedOne = long.MinValue / 2;
    private long _joiningSince = long.MaxValue;

    public Membership(Process self)
    {
        (_self, _world) = (self, self.World);
        _seconds = new SecondCluster(self, this);
        _started = self.Clock.Now;
    }

    public Gossip Gossip { get; private set; } = new();

    /// <summary>Whom this node itself does not reach.</summary>
    public ulong Suspects { get; private set; }

    /// <summary>Whose death it has proven.</summary>
    public ulong Proved { get; private set; }

    public bool IsMember => Gossip.Members.Has(_self.Id);

    public bool IsUp => Gossip.Full.Has(_self.Id);

    /// <summary>Neither down nor exiting.</summary>
    public ulong Present => Gossip.Joining | Gossip.Full;

    /// <summary>Neither removed nor about to be.</summary>
    public bool Counts(Process other) => (Present | Gossip.Exiting).Has(other.Id);

    public ulong Backends => Gossip.Full & _world.BackendBits;

    /// <summary>How long a peer is silent, on the node's own clock.</summary>
    public long SilenceOf(int peer) => _self.Clock.Now - _heard[peer];

    /// <summary>Since when a peer is heard of, on the node's own clock.</summary>
    public long AgeOf(int peer) => _self.Clock.Now - _first[peer];

    /// <summary>The whole cluster is there since long.</summary>
    public void Formed(Gossip gossip)
    {
        Gossip = gossip;
        var now = _self.Clock.Now;
        foreach (var peer in gossip.Members.All())
        {
            Meet(peer);
            _first[peer] = now - (60 * Span.Second);
        }
    }

    public void OnTick()
    {
        if (!IsMember)
        {
            AskToJoin();
            return;
        }

        Detect();
        Lead();
        Tell();
        _seconds.OnTick();
        EndIfStranded();
    }

    /// <summary>As StrandedWatch.</summary>
    private void EndIfStranded()
    {
        if (!Gossip.Joining.Has(_self.Id))
        {
            _joiningSince = long.MaxValue;
            return;
        }

        _joiningSince = Math.Min(_joiningSince, _self.Clock.Now);
        if (_self.Clock.Now - _joiningSince > _stranded)
        {
            _world.Count("stranded while joining");
            _self.EndSoon("nobody makes it Up, it was let in by one that was left out");
        }
    }

    public void OnMessage(Process from, object message)
    {
        switch (message)
        {
            case MayJoin when IsUp && !Suspects.Has(from.Id):
                _self.Send(from, new YouMayJoin());
                break;
            case YouMayJoin when !IsMember && _self.Clock.Now - _askedOne > AskAnother:
                _askedOne = _self.Clock.Now;
                _self.Send(from, new Join());
                break;
            case Join when IsUp && !Suspects.Has(from.Id):
                Admit(from);
                break;
            case YouAreRemoved:
                _self.EndSoon("it was removed");
                break;
            case GossipTo { Gossip: var theirs }:
                OnGossip(from, theirs);
                break;
            case CensusOf { Census: var census } when IsUp:
                _seconds.OnCensus(from, census);
                break;
        }
    }

    public void Prove(int process)
    {
        if (Proved.Has(process))
        {
            return;
        }

        Proved |= Bits.Of(process);
        if (Gossip.Members.Has(process))
        {
            _world.Say(_self, $"proves the death of {_world.Processes[process].Name}");
            Suspects |= Bits.Of(process);
            Change(Gossip.Report(_self.Id, Suspects).MarkDown(Bits.Of(process)));
            Spread();
        }

        _self.Proven(_world.Processes[process]);
    }

    public void MarkDown(ulong downed)
    {
        downed &= Present | Gossip.Exiting;
        if (downed != 0)
        {
            _world.Count("downed by decision");
            Change(Gossip.MarkDown(downed));
            Spread();
        }
    }

    public void MarkLeaving()
    {
        if (Gossip.Up.Has(_self.Id))
        {
            Change(Gossip with { Up = Gossip.Up & ~_self.Bit, Leaving = Gossip.Leaving | _self.Bit });
            Spread();
        }
    }

    private void AskToJoin()
    {
        if (_self.Host == 0 && _self.Clock.Now - _started > FoundsAfter)
        {
            _world.Say(_self, "reaches nobody, and founds a cluster");
            _world.Count("cluster founded");
            var numbers = new byte[Gossip.Most];
            numbers[_self.Id] = 1;
            Change(new Gossip { Up = _self.Bit, UpNumber = numbers });
            return;
        }

        if (_self.Clock.Now - _lastJoin > Retry)
        {
            // Everybody is everybody's seed, as in docker-compose.yml.
            _lastJoin = _self.Clock.Now;
            foreach (var other in _world.Running.Where(other => other != _self))
            {
                _self.Send(other, new MayJoin());
            }
        }
    }

    private void Admit(Process newcomer)
    {
        foreach (var member in Gossip.Members.All())
        {
            if (_world.Processes[member].Host == newcomer.Host && member != newcomer.Id)
            {
                // An earlier incarnation: it has to be removed first.
                Prove(member);
                return;
            }
        }

        if (Gossip.Removed.Has(newcomer.Id))
        {
            _self.Send(newcomer, new YouAreRemoved());
            return;
        }

        if (!Gossip.Members.Has(newcomer.Id))
        {
            _world.Say(_self, $"lets {newcomer.Name} in");
            Change(Gossip with { Joining = Gossip.Joining | newcomer.Bit });
        }

        _self.Send(newcomer, new GossipTo(Gossip));
    }

    private void OnGossip(Process from, Gossip theirs)
    {
        if (!IsMember)
        {
            if (theirs.Members.Has(_self.Id) && !Gossip.Removed.Has(_self.Id))
            {
                Change(Gossip.With(theirs));
            }

            return;
        }

        if (Gossip.Removed.Has(from.Id))
        {
            _self.Send(from, new YouAreRemoved());
            return;
        }

        if (Suspects.Has(from.Id) || !theirs.Members.Has(_self.Id) || !Gossip.Members.Has(from.Id))
        {
            // Akka ignores the gossip of those that it does not reach, and of strangers.
            if (theirs.Removed.Has(_self.Id))
            {
                _self.EndSoon("it was removed");
            }

            return;
        }

        if (theirs.Knows(Gossip))
        {
            if ((theirs.Seen & ~Gossip.Seen) != 0)
            {
                Gossip = Gossip with { Seen = Gossip.Seen | theirs.Seen | _self.Bit };
            }

            return;
        }

        Change(Gossip.With(theirs));
        if (!Gossip.Knows(theirs))
        {
            _self.Send(from, new GossipTo(Gossip));
        }
    }

    private void Change(Gossip next)
    {
        var before = Gossip;
        if (before.Knows(next) && before.Members != 0)
        {
            Gossip = next with { Seen = next.Seen | _self.Bit };
            return;
        }

        Gossip = next with { Seen = _self.Bit };
        foreach (var peer in (next.Members & ~before.Members).All())
        {
            Meet(peer);
        }

        if (next.Down.Has(_self.Id) || next.Removed.Has(_self.Id))
        {
            _self.EndSoon("the cluster has downed it");
        }

        if (next.Exiting.Has(_self.Id) && !before.Exiting.Has(_self.Id))
        {
            _world.Say(_self, "has left");
            _self.LeftAlone = !_world.Running.Any(other => other != _self && other.IsBackend && other.Rules.IsComplete && Present.Has(other.Id));
            _self.EndSoon("it has left");
        }

        _self.MembersChanged();
    }

    private void Meet(int peer)
    {
        _heard[peer] = _first[peer] = _self.Clock.Now;

        // The detector counts from heartbeats half a second apart, and looks ten times a second.
        _spare[peer] = _self.Chance.Between(0, 700 * Span.Millisecond);
    }

    private void Detect()
    {
        var now = _self.Clock.Now;
        ulong suspects = Proved & Gossip.Members;
        foreach (var peer in Gossip.Members.All())
        {
            var other = _world.Processes[peer];
            if (other == _self)
            {
                continue;
            }

            if (!other.IsGone && other.HangsUntil <= _world.Now && _world.Network.IsOpenBothWays(_self.Host, other.Host))
            {
                _heard[peer] = now;
            }
            else if (other.IsGone && other.IsProvable && !Proved.Has(peer) && _world.Network.IsOpenBothWays(_self.Host, other.Host))
            {
                _self.Later(_self.Chance.Between(5 * Span.Millisecond, 300 * Span.Millisecond), new DeathProven(peer));
            }

            if (now - _heard[peer] > _spare[peer] + _self.Rules.PatienceWith(peer))
            {
                suspects |= Bits.Of(peer);
            }
        }

        if (suspects != Suspects)
        {
            _world.SaySuspects(_self, Suspects, suspects);
            Suspects = suspects;
            Change(Gossip.Report(_self.Id, suspects));
        }
    }

    private void Lead()
    {
        var gossip = Gossip;
        var lost = gossip.AnyUnreachable;
        var reached = Present & (~lost | _self.Bit);
        if (_world.LowestAddress((reached & gossip.Full) != 0 ? reached & gossip.Full : reached) != _self.Id)
        {
            return;
        }

        if ((lost & ~(gossip.Down | gossip.Exiting)) != 0 || (gossip.Full & ~gossip.Seen) != 0)
        {
            return;
        }

        var gone = (gossip.Down & lost) | gossip.Exiting;
        if (gossip.Joining == 0 && gossip.Leaving == 0 && gone == 0)
        {
            return;
        }

        var numbers = (byte[])gossip.UpNumber.Clone();
        var last = numbers.Max();
        foreach (var joining in gossip.Joining.All())
        {
            numbers[joining] = ++last;
        }

        if (gone != 0)
        {
            _world.Say(_self, $"as leader removes {_world.NamesOf(gone)}");
        }

        Change(gossip with
        {
            Joining = 0, Up = gossip.Up | gossip.Joining, UpNumber = numbers, Leaving = 0, Exiting = (gossip.Exiting | gossip.Leaving) & ~gone, Down = gossip.Down & ~gone,
            Removed = gossip.Removed | gone,
        });
        Spread();
    }

    private void Tell()
    {
        var others = Gossip.Members & ~Suspects & ~_self.Bit;
        if (others != 0 && ((Gossip.Full & ~Gossip.Seen) != 0 || Gossip.AnyUnreachable != 0 || _self.Chance.Below(5) == 0))
        {
            var unaware = others & ~Gossip.Seen;
            _self.Send(Pick(unaware != 0 && _self.Chance.Chance(0.8) ? unaware : others), new GossipTo(Gossip));
        }
    }

    /// <summary>Ends this cluster in favour of another.</summary>
    public void DownAll() => MarkDown(Gossip.Members);

    /// <summary>News of deaths and decisions goes to all at once (MembershipPace).</summary>
    private void Spread()
    {
        foreach (var peer in (Gossip.Members & ~Suspects & ~_self.Bit).All())
        {
            _self.Send(peer, new GossipTo(Gossip));
        }
    }

    private int Pick(ulong set)
    {
        var skip = _self.Chance.Below(set.Count());
        foreach (var peer in set.All())
        {
            if (skip-- == 0)
            {
                return peer;
            }
        }

        return _self.Id;
    }
}
