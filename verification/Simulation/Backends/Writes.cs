using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>A backend's commits until the rules say that enough have acknowledged them: as <c>ReplicaWrites</c>.</summary>
internal sealed class Writes(Process self)
{
    private const long Resend = 250 * Span.Millisecond;
    private const long Timeout = 10 * Span.Second;
    private const long ClaimPatience = 1 * Span.Second;

    private readonly List<Pending> _pending = [];
    private readonly Replica _replica = self.Backend!.Replica;
    private long _lastTicket;
    private long _view;
    private ulong _receivers;

    /// <param name="before">What the session was, whole, where the entry is a delta.</param>
    /// <param name="failed">Told whether another home has the session; else too few have acknowledged.</param>
    public void Commit(SessionId id, SessionEntry entry, SessionEntry? before, Action<ulong> done, Action<bool> failed)
    {
        var write = new Pending(++_lastTicket, id, entry, before, done, failed, self.Clock.Now) { Acks = self.Bit };
        if (!_replica.Store(id, entry))
        {
            // As there: what is sent before the local replica refuses may be on others.
            Send(write, self.Rules.Receivers);
            failed(true);
            return;
        }

        _pending.Add(write);
        Send(write, self.Rules.Receivers);
        CompleteMet();
    }

    public void OnStore(Process from, Store store)
    {
        if (!self.Rules.Takes(store.View))
        {
            return;
        }

        self.Backend!.OnWrittenElsewhere(store.Id, store.Entry.Version);
        if (!_replica.Store(store.Id, store.Entry))
        {
            return;
        }


        if (self.Rules.Answers(from.Id, store.View))
        {
            self.Send(from, new Stored(store.Ticket, store.View));
        }
    }

    public void OnStored(Process from, Stored stored)
    {
        if (self.Rules.Heeds(from.Id, stored.View) && _pending.Find(write => write.Ticket == stored.Ticket) is { } write)
        {
            write.Acks |= from.Bit;
            CompleteMet();
        }
    }

    /// <summary>Who is there has changed, or whose word counts.</summary>
    public void OnRules()
    {
        var receivers = self.Rules.Receivers;
        var joined = receivers & ~_receivers;
        if (_view != self.Rules.View)
        {
            // Words of another view count for nothing: all are asked again.
            _view = self.Rules.View;
            var claims = _pending.FindAll(write => write.Entry.IsClaim);
            _pending.RemoveAll(write => write.Entry.IsClaim);
            _pending.ForEach(write => write.Acks = self.Bit);

            // What was read in another view is not enough to claim in this one.
            claims.ForEach(write => write.Failed(true));
            joined = receivers;
        }

        _receivers = receivers;
        if (joined != 0)
        {
            _pending.ForEach(write => Send(write, joined));
        }

        CompleteMet();
    }

    /// <summary>What waits goes to this peer again at once.</summary>
    public void SendTo(ulong peer) => _pending.ForEach(write => Send(write, peer & ~write.Acks));

    public void OnTick()
    {
        var now = self.Clock.Now;
        for (var i = 0; i < _pending.Count; i++)
        {
            var write = _pending[i];
            if (write.Entry.IsClaim && now - write.Started > ClaimPatience)
            {
                // Maybe others hold what was not known when it was made: it is made anew.
                _pending.RemoveAt(i--);
                write.Failed(true);
            }
            else if (now - write.Started > Timeout)
            {
                _pending.RemoveAt(i--);
                self.World.Count("commit timed out");
                write.Failed(false);
            }
            else if (now - write.SentAt > Resend)
            {
                Send(write, self.Rules.Receivers & ~write.Acks);
            }
        }
    }

    private void CompleteMet()
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var write = _pending[i];
            if (self.World.Bug == SeededBug.AckBeforeQuorum || self.Rules.IsCommitted(write.Acks))
            {
                _pending.RemoveAt(i);
                write.Done(write.Acks);
                i = -1;
            }
        }
    }

    private void Send(Pending write, ulong receivers)
    {
        write.SentAt = self.Clock.Now;
        var store = new Store(write.Ticket, self.Rules.View, write.Id, write.WasSent && write.Before is not null ? write.Before.Merge(write.Entry) : write.Entry);
        write.WasSent = true;
        foreach (var peer in (receivers & ~self.Bit).All())
        {
            self.Send(peer, store);
        }
    }

    private sealed record Pending(long Ticket, SessionId Id, SessionEntry Entry, SessionEntry? Before, Action<ulong> Done, Action<bool> Failed, long Started)
    {
        public ulong Acks { get; set; }

        public long SentAt { get; set; }

        /// <summary>From then on the whole is sent: one that lacks what a delta follows refuses it.</summary>
        public bool WasSent { get; set; }
    }
}
