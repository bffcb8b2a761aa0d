using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>A backend's recoveries of sessions until the rules say that enough have answered: as <c>SessionReplica</c>.</summary>
internal sealed class Reads(Process self)
{
    private const long Resend = 250 * Span.Millisecond;
    private const long Timeout = 10 * Span.Second;

    private readonly List<Pending> _pending = [];
    private readonly Replica _replica = self.Backend!.Replica;
    private long _lastTicket;
    private long _view;
    private bool _isSettled = true;

    public void Recover(SessionId id, Action<SessionEntry?> done, Action failed)
    {
        var read = new Pending(id, done, failed, self.Clock.Now) { Ticket = ++_lastTicket, Answers = self.Bit, Merged = _replica.Find(id) };
        _pending.Add(read);
        Ask(read);
        CompleteMet();
    }

    public void OnFetch(Process from, Fetch fetch)
    {
        if (self.Rules.Answers(from.Id, fetch.View))
        {
            self.Send(from, new Fetched(fetch.Ticket, fetch.View, _replica.Find(fetch.Id)));
        }
    }

    public void OnFetched(Process from, Fetched fetched)
    {
        if (!self.Rules.Heeds(from.Id, fetched.View) || _pending.Find(read => read.Ticket == fetched.Ticket) is not { } read)
        {
            return;
        }

        read.Answers |= from.Bit;
        read.Differ |= !IsSame(read.Merged, fetched.Entry);
        read.Merged = read.Merged is null || fetched.Entry is null ? read.Merged ?? fetched.Entry : read.Merged.Merge(fetched.Entry);
        CompleteMet();
    }

    public void OnRules()
    {
        if (_view != self.Rules.View || (!_isSettled && self.Rules.IsSettled))
        {
            _view = self.Rules.View;
            foreach (var read in _pending)
            {
                // What was said before is still true, but does not count.
                read.Ticket = ++_lastTicket;
                read.Answers = self.Bit;
                var own = _replica.Find(read.Id);
                read.Differ |= !IsSame(read.Merged, own);
                read.Merged = read.Merged is null || own is null ? read.Merged ?? own : read.Merged.Merge(own);
                Ask(read);
            }
        }

        _isSettled = self.Rules.IsSettled;

        CompleteMet();
    }

    public void OnTick()
    {
        var now = self.Clock.Now;
        for (var i = 0; i < _pending.Count; i++)
        {
            var read = _pending[i];
            if (now - read.Started > Timeout)
            {
                _pending.RemoveAt(i--);
                self.World.Count("recovery timed out");
                read.Failed();
            }
            else if (now - read.AskedAt > Resend)
            {
                Ask(read);
            }
        }

        CompleteMet();
    }

    private static bool IsSame(SessionEntry? one, SessionEntry? other) =>
        one is null || other is null ? ReferenceEquals(one, other) : one.HasSameChangesAs(other);

    private void CompleteMet()
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var read = _pending[i];
            if (self.World.Bug != SeededBug.StaleReplica && !self.Rules.IsRead(read.Answers, self.Clock.Now - read.Started))
            {
                continue;
            }

            _pending.RemoveAt(i);
            i = -1;
            if (read.Merged is { IsRemoved: false } known && self.World.HasClaims)
            {
                // What somebody sees must not be taken back by the next failover: first it is on a quorum; and with it the claim.
                var claimed = known.ClaimedBy(Incarnation.WriterOf(self));
                self.Backend!.Writes.Commit(read.Id, claimed, null, _ => read.Done(claimed), isTaken => Again(read, isTaken));
            }
            else if (read.Differ && read.Merged is { } merged)
            {
                self.World.Count("recovery wrote back");
                self.Backend!.Writes.Commit(read.Id, merged, null, _ => read.Done(merged), isTaken => Again(read, isTaken));
            }
            else
            {
                read.Done(read.Merged);
            }
        }
    }

    /// <summary>Somebody has written in between: what was read is still true, and no longer enough.</summary>
    private void Again(Pending read, bool isTaken)
    {
        if (!isTaken || self.Clock.Now - read.Started > Timeout)
        {
            read.Failed();
            return;
        }

        self.World.Count("claim came too late, read again");
        read.Ticket = ++_lastTicket;
        read.Answers = self.Bit;
        var own = _replica.Find(read.Id);
        read.Merged = read.Merged is null || own is null ? read.Merged ?? own : read.Merged.Merge(own);
        read.AskedAt = self.Clock.Now;
        _pending.Add(read);
    }

    private void Ask(Pending read)
    {
        read.AskedAt = self.Clock.Now;
        var fetch = new Fetch(read.Ticket, self.Rules.View, read.Id);
        foreach (var peer in (self.Rules.Voters & ~self.Bit & ~read.Answers).All())
        {
            self.Send(peer, fetch);
        }
    }

    private sealed record Pending(SessionId Id, Action<SessionEntry?> Done, Action Failed, long Started)
    {
        public required long Ticket { get; set; }

        public ulong Answers { get; set; }

        public SessionEntry? Merged { get; set; }

        public bool Differ { get; set; }

        public long AskedAt { get; set; }
    }
}
