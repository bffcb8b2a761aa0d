using Pomegranate.Backend.Replication;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;

namespace Pomegranate.Simulation.Rules;

/// <summary>As <c>ReplicaSync</c> of build 240d04d: whose replica is complete, and how one becomes so.</summary>
internal sealed class TodaySync(Process self)
{
    private const long CompareDelay = 1 * Span.Second;
    private const long CopyPatience = 5 * Span.Second;

    private readonly FoundingGate _founding = new((self.World.Plan.Backends / 2) + 1);
    private ulong _answered;
    private ulong _complete;
    private ulong _copiedFrom;
    private int _copying = -1;
    private long _copyingSince;
    private long? _compareAt;
    private long _lastTick;

    public bool IsComplete { get; private set; }

    /// <summary>All other backends: each is sent every write.</summary>
    public ulong Peers { get; private set; }

    public ulong Voters => (_complete & Peers) | (IsComplete ? self.Bit : 0);

    public void Formed()
    {
        Peers = self.Members.Backends & ~self.Bit;
        _answered = _complete = _copiedFrom = Peers;
        IsComplete = true;
    }

    public void OnMembers()
    {
        var now = self.Members.Backends & ~self.Bit;
        var (joined, gone) = (now & ~Peers, Peers & ~now);
        Peers = now;
        if (gone != 0)
        {
            _answered &= now;
            _complete &= now;
            _copiedFrom = 0;
            if (gone.Has(Math.Max(_copying, 0)) && _copying >= 0)
            {
                _copying = -1;
            }

            if (IsComplete)
            {
                _compareAt = self.Clock.Now + CompareDelay;
            }
        }

        foreach (var peer in joined.All())
        {
            self.Send(peer, new Hello(IsComplete, false));
        }

        if ((joined | gone) != 0)
        {
            self.Backend!.OnRules();
        }

        Advance();
    }

    public void OnTick()
    {
        if (self.Clock.Now - _lastTick >= 250 * Span.Millisecond)
        {
            _lastTick = self.Clock.Now;
            foreach (var peer in (Peers & ~_answered).All())
            {
                self.Send(peer, new Hello(IsComplete, false));
            }

            Advance();
        }
    }

    public void OnHello(Process from, Hello hello)
    {
        if (!Peers.Has(from.Id))
        {
            return;
        }

        _answered |= hello.IsReply ? from.Bit : 0;
        _complete = hello.IsComplete ? _complete | from.Bit : _complete & ~from.Bit;
        self.Backend!.OnRules();
        if (!hello.IsReply)
        {
            self.Send(from, new Hello(IsComplete, true));
        }

        Advance();
    }

    public void OnCopied(int from)
    {
        if (from == _copying)
        {
            _copying = -1;
            _copiedFrom |= Bits.Of(from);
            Advance();
        }
    }

    private void Advance()
    {
        if (_copying >= 0 && self.Clock.Now - _copyingSince > CopyPatience)
        {
            _copying = -1;
        }

        if (!self.Members.IsUp || _copying >= 0 || (_compareAt is { } at && self.Clock.Now < at))
        {
            return;
        }

        _compareAt = null;
        if (!IsComplete && !_founding.IsOpen((_complete & Peers) != 0 ? int.MaxValue : Peers.Count() + 1))
        {
            return;
        }

        var sources = self.World.Bug == SeededBug.StaleReplica ? 0 : IsComplete ? _complete & Peers : (_complete & Peers) | Older();
        foreach (var source in (sources & ~_copiedFrom).All())
        {
            if (_answered.Has(source) && _complete.Has(source))
            {
                _copying = source;
                _copyingSince = self.Clock.Now;
                self.Backend!.AskForCopy(source, 0);
                return;
            }

            if (!IsComplete)
            {
                return;
            }
        }

        if (!IsComplete)
        {
            IsComplete = true;
            self.World.Count("replica complete");
            self.World.Say(self, $"is complete, copied from {self.World.NamesOf(_copiedFrom)}");
            foreach (var peer in Peers.All())
            {
                self.Send(peer, new Hello(true, false));
            }

            self.Backend!.OnRules();
        }
    }

    private ulong Older()
    {
        var numbers = self.Members.Gossip.UpNumber;
        ulong older = 0;
        foreach (var peer in Peers.All())
        {
            older |= numbers[peer] < numbers[self.Id] ? Bits.Of(peer) : 0;
        }

        return older;
    }

    /// <summary>As ReplicationProtocol.Hello.</summary>
    internal sealed record Hello(bool IsComplete, bool IsReply) : IRulesMessage;
}
