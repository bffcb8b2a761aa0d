using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Views;
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
    private View? _view;
    private int _needed = int.MaxValue;
    private int _neededToClaim = int.MaxValue;
    private bool _selfIsIn;
    private long _lastTicket;

    /// <summary>Makes these entries safe and completes the task.</summary>
    public void Commit(SessionReplica.Commit commit)
    {
        PendingWrite write;
        ReplicaPeer[] peers;
        lock (_lock)
        {
            write = new PendingWrite(this, new Store(++_lastTicket, commit.Entries, _view?.Number ?? ReplicaView.None), commit, time.GetTimestamp());
            _writes.Add(write.Store.Ticket, write);
            peers = _peers;
        }

        write.Into(_replicator);
        foreach (var peer in peers)
        {
            peer.Send(write.Current);
        }
    }

    /// <summary>Who is there, and in which view this node speaks. Acknowledgements of an earlier one are forgotten.</summary>
    public void SetMembers(View? view, UniqueAddress self, IReadOnlyCollection<ReplicaPeer> peers)
    {
        PendingWrite[] met;
        List<PendingWrite> outdated = [];
        lock (_lock)
        {
            var isNew = view?.Number != _view?.Number;
            var joined = isNew ? peers : peers.Except(_peers);
            _peers = [.. peers];
            if (isNew)
            {
                _view = view;
                _selfIsIn = view?.Includes(self) == true;
                _needed = view is null ? int.MaxValue : Quorum.WriteSize(options, view.Backends.Length);
                _neededToClaim = view is null ? int.MaxValue : Quorum.ClaimSize(options, view.Backends.Length);
                outdated = [.. _writes.Values.Where(write => write.IsClaim)];
                outdated.ForEach(write => _writes.Remove(write.Store.Ticket));
                foreach (var write in _writes.Values)
                {
                    write.Begin(view!.Number);
                }
            }

            // It may be the one whose acknowledgement a waiting write needs; and from here on it gets every write.
            foreach (var peer in joined)
            {
                SendAllTo(peer);
            }

            met = [.. _writes.Values.Where(IsMet)];
            Array.ForEach(met, write => _writes.Remove(write.Store.Ticket));
        }

        Array.ForEach(met, write => write.Done.TrySetResult());

        // What was read in another view is not enough to claim in this one.
        outdated.ForEach(write => write.Done.TrySetException(Taken()));
    }

    /// <summary>The session has another home: what it has not committed yet here will not be.</summary>
    public void GiveUp(SessionId id)
    {
        List<PendingWrite> taken;
        lock (_lock)
        {
            taken = [.. _writes.Values.Where(write => !write.IsClaim && write.Store.Entries.Any(entry => entry.Key == id))];
            taken.ForEach(write => _writes.Remove(write.Store.Ticket));
        }

        taken.ForEach(write => write.Done.TrySetException(Taken()));
    }

    /// <summary>A backend has come to this node's view: what it was sent before, it could not acknowledge.</summary>
    public void Confirm(UniqueAddress backend)
    {
        lock (_lock)
        {
            if (Array.Find(_peers, peer => peer.Address.Equals(backend)) is { } peer)
            {
                SendAllTo(peer);
            }
        }
    }

    private void SendAllTo(ReplicaPeer peer)
    {
        foreach (var write in _writes.Values.Where(write => !write.IsHeldBy(peer)))
        {
            peer.Send(write.Whole);
        }
    }

    /// <param name="view">In which the peer holds the write.</param>
    public void Acknowledge(long ticket, long view, ReplicaPeer peer) => Note(ticket, view, peer);

    /// <param name="peer">Null where it is this node itself, whose word counts in every view.</param>
    private void Note(long ticket, long view, ReplicaPeer? peer)
    {
        PendingWrite? write;
        lock (_lock)
        {
            if (!_writes.TryGetValue(ticket, out write) || (peer is not null && view != _view?.Number))
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
                if (write.IsClaim && waited > SessionReplica.ReadPatience)
                {
                    // Maybe others hold what was not known when it was made: it is made anew.
                    failed.Add((write, new SessionCommitException(TooFew(write).Message) { IsTaken = true }));
                }
                else if (waited > options.CommitTimeout)
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
                peer.Send(write.Whole);
            }
        }
    }

    /// <remarks>
    /// The home itself must hold it, and be in the view: else it is not for it to commit anything. A claim needs a quorum, and not the
    /// home's own disk.
    /// </remarks>
    private bool IsMet(PendingWrite write) => _selfIsIn && (write.IsClaim ? write.HeldIn(_view!) >= _neededToClaim : write.IsHeldHere && write.HeldIn(_view!) >= _needed);

    private SessionCommitException TooFew(PendingWrite write) => new(
        !_selfIsIn
            ? $"The session's change could not be committed within {options.CommitTimeout.TotalSeconds:0.#} s: this node is not in the backends' view, "
                + "because it is cut off from them, or they have just gone on without it. It may or may not survive. Check 'pbm cluster show'."
            : $"The session's change was acknowledged by {write.HeldIn(_view!)} of {_view!.Backends.Length} backends within "
                + $"{options.CommitTimeout.TotalSeconds:0.#} s, and replication level {options.Level} needs {_needed}. It may or may not survive. "
                + "Check 'pbm cluster show' for backends that hang.");

    private static SessionCommitException Taken() => new(
        "The session's change is not committed: another backend has become the session's home. It may or may not survive.") { IsTaken = true };

    /// <summary>A write cannot succeed without its own home, so its clients need not wait for the time limit.</summary>
    /// <param name="isTaken">Another home has the session; else the disk could not write it.</param>
    private void Refuse(PendingWrite write, bool isTaken)
    {
        lock (_lock)
        {
            if ((write.IsClaim && !isTaken) || !_writes.Remove(write.Store.Ticket))
            {
                return;
            }
        }

        write.Done.TrySetException(isTaken ? Taken() : new SessionCommitException(
            "The session's change could not be written to the disk of its home; the home's log says why. It may or may not survive."));
    }

    /// <summary>Its acknowledgements are guarded by the lock of <see cref="ReplicaWrites"/>.</summary>
    private sealed class PendingWrite(ReplicaWrites writes, Store store, SessionReplica.Commit commit, long started) : LocalMerge(store)
    {
        private readonly List<ReplicaPeer> _heldBy = new(1);
        private KeyValuePair<SessionId, SessionEntry>[]? _whole;

        public TaskCompletionSource Done => commit.Done;

        public long Started { get; } = started;

        public bool IsClaim { get; } = store.Entries is [{ Value.IsClaim: true }];

        public bool IsHeldHere { get; private set; }

        /// <summary>As it is sent in the current view.</summary>
        public Store Current { get; private set; } = store;

        /// <summary>With all that the session was before: for one that may lack what a delta follows, and would refuse it.</summary>
        public Store Whole => commit.Before is { } before
            ? Current with { Entries = _whole ??= [.. Current.Entries.Select(e => KeyValuePair.Create(e.Key, before.Merge(e.Value)))] }
            : Current;

        /// <summary>How many of a view's backends hold it, this node included.</summary>
        public int HeldIn(View view)
        {
            var held = IsHeldHere ? 1 : 0;
            foreach (var peer in _heldBy)
            {
                held += view.Includes(peer.Address) ? 1 : 0;
            }

            return held;
        }

        public void Begin(long view)
        {
            Current = Store with { View = view };
            _heldBy.Clear();
        }

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

        protected override void OnHeld() => writes.Note(Store.Ticket, 0, null);

        protected override void OnRefused(IUpdateResponse refusal)
        {
            LogRefusal(writes._log, refusal);
            writes.Refuse(this, IsTaken(refusal));
        }
    }
}
