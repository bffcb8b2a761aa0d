using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.Server;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// The commits of this node's sessions until enough replicas hold them: sent to every peer, merged here, counted as the
/// acknowledgements come. Thread-safe.
/// </summary>
/// <remarks>
/// No actor: a commit begins on the thread of the app's request, and an acknowledgement is counted on the one that brought
/// it. A mailbox for each of these steps woke four threads for a commit.
/// </remarks>
internal sealed class ReplicaWrites(ActorSystem system, ReplicationOptions options, TimeProvider time)
{
    /// <summary>Unacknowledged messages are sent again this often: remoting delivers at most once, merging is idempotent.</summary>
    public static readonly TimeSpan Resend = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly IActorRef _replicator = DData.DistributedData.Get(system).Replicator;
    private readonly ILoggingAdapter _log = Logging.GetLogger(system, typeof(SessionReplica));
    private readonly Dictionary<long, PendingWrite> _writes = [];

    /// <summary>Replaced, never changed: read without the lock while messages are sent.</summary>
    private ReplicaPeer[] _peers = [];
    private bool _selfIsComplete;
    private long _lastTicket;

    /// <summary>Makes these entries safe and completes the task.</summary>
    public void Commit(SessionReplica.Commit commit)
    {
        PendingWrite write;
        ReplicaPeer[] peers;
        lock (_lock)
        {
            write = new PendingWrite(this, new Store(++_lastTicket, commit.Entries), commit.Done, time.GetTimestamp());
            _writes.Add(write.Store.Ticket, write);
            peers = _peers;
        }

        write.Into(_replicator);
        foreach (var peer in peers)
        {
            peer.Send(write.Store);
        }
    }

    /// <summary>Who is there, and whose replica is complete, so that its word counts.</summary>
    public void SetMembers(bool selfIsComplete, IReadOnlyDictionary<ReplicaPeer, bool> peers)
    {
        PendingWrite[] met;
        lock (_lock)
        {
            var joined = peers.Keys.Except(_peers).ToList();
            _selfIsComplete = selfIsComplete;
            _peers = [.. peers.Keys];
            foreach (var (peer, isComplete) in peers)
            {
                peer.IsComplete = isComplete;
            }

            // It may be the one whose acknowledgement a waiting write needs; and from here on it gets every write.
            foreach (var peer in joined)
            {
                foreach (var write in _writes.Values)
                {
                    peer.Send(write.Store);
                }
            }

            met = [.. _writes.Values.Where(IsMet)];
            Array.ForEach(met, write => _writes.Remove(write.Store.Ticket));
        }

        Array.ForEach(met, write => write.Done.TrySetResult());
    }

    /// <param name="peer">Null where it is this node itself.</param>
    public void Acknowledge(long ticket, ReplicaPeer? peer)
    {
        PendingWrite? write;
        lock (_lock)
        {
            if (!_writes.TryGetValue(ticket, out write))
            {
                return;
            }

            write.Note(peer);
            if (!IsMet(write))
            {
                return;
            }

            _writes.Remove(ticket);
        }

        write.Done.TrySetResult();
    }

    /// <summary>What is not acknowledged is sent again, or given up.</summary>
    public void SendAgain()
    {
        List<PendingWrite> late = [];
        List<(PendingWrite Write, SessionCommitException Failure)> failed = [];
        ReplicaPeer[] peers;
        lock (_lock)
        {
            peers = _peers;
            foreach (var write in _writes.Values)
            {
                var waited = time.GetElapsedTime(write.Started);
                if (waited > options.CommitTimeout)
                {
                    failed.Add((write, TooFew(write)));
                }
                else if (waited > Resend)
                {
                    late.Add(write);
                }
            }

            failed.ForEach(f => _writes.Remove(f.Write.Store.Ticket));
        }

        failed.ForEach(f => f.Write.Done.TrySetException(f.Failure));
        foreach (var write in late)
        {
            foreach (var peer in peers.Where(peer => !write.IsHeldBy(peer)))
            {
                peer.Send(write.Store);
            }
        }
    }

    private bool IsMet(PendingWrite write)
    {
        if (!write.IsHeldHere)
        {
            return false;
        }

        var (voters, held) = _selfIsComplete ? (1, 1) : (0, 0);
        foreach (var peer in _peers)
        {
            if (peer.IsComplete)
            {
                voters++;
                held += write.IsHeldBy(peer) ? 1 : 0;
            }
        }

        return held >= Quorum.WriteSize(options, voters);
    }

    private SessionCommitException TooFew(PendingWrite write)
    {
        var voters = _peers.Count(p => p.IsComplete) + (_selfIsComplete ? 1 : 0);
        return new(
            $"The session's change was acknowledged by {write.Acknowledged} of {voters} backends within "
            + $"{options.CommitTimeout.TotalSeconds:0.#} s, and replication level {options.Level} needs "
            + $"{Quorum.WriteSize(options, voters)}. It may or may not survive. Check 'pbm cluster show' for backends that hang.");
    }

    /// <summary>A write cannot succeed without its own home, so its clients need not wait for the time limit.</summary>
    private void Refuse(PendingWrite write)
    {
        lock (_lock)
        {
            if (!_writes.Remove(write.Store.Ticket))
            {
                return;
            }
        }

        write.Done.TrySetException(new SessionCommitException(
            "The session's change could not be written to the disk of its home; the home's log says why. It may or may not survive."));
    }

    /// <summary>Its acknowledgements are guarded by the lock of <see cref="ReplicaWrites"/>.</summary>
    private sealed class PendingWrite(ReplicaWrites writes, Store store, TaskCompletionSource done, long started) : LocalMerge(store)
    {
        private readonly List<ReplicaPeer> _heldBy = new(1);

        public TaskCompletionSource Done { get; } = done;

        public long Started { get; } = started;

        public bool IsHeldHere { get; private set; }

        public int Acknowledged => _heldBy.Count + (IsHeldHere ? 1 : 0);

        public bool IsHeldBy(ReplicaPeer peer) => _heldBy.Contains(peer);

        public void Note(ReplicaPeer? peer)
        {
            if (peer is null)
            {
                IsHeldHere = true;
            }
            else if (!_heldBy.Contains(peer))
            {
                _heldBy.Add(peer);
            }
        }

        protected override void OnHeld() => writes.Acknowledge(Store.Ticket, null);

        protected override void OnRefused(IUpdateResponse refusal)
        {
            LogRefusal(writes._log, refusal);
            writes.Refuse(this);
        }
    }
}
