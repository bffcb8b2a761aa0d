using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using Pomegranate.Views;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// This node's replica of all sessions: Akka.DistributedData holds the state and repairs it by gossip; this actor adds
/// the two things a session's home waits for, writes acknowledged by a quorum and reads of one entry.
/// </summary>
/// <remarks>
/// <code>
///  home          replica A            replicas B, C
///   | Commit       |  Store (batch)     |
///   |-------------&gt;|-------------------&gt;| merge into the local Replicator
///   |              | merge locally      |
///   |              |      Stored        |
///   |&lt;-------------|&lt;-------------------| when a quorum of voters has it
/// </code>
/// DData's own WriteMajority makes an actor per write, serialises once per target and asks a random peer first; this
/// channel was measured at twice its rate. Commits do not pass through this actor: see <see cref="ReplicaWrites"/>.
/// </remarks>
internal sealed class SessionReplica : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every backend.</summary>
    public const string Name = "session-replica";

    /// <summary>How long a read waits for all of the view before those who are enough are enough.</summary>
    public static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(1);

    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly UniqueAddress _self = Akka.Cluster.Cluster.Get(Context.System).SelfUniqueAddress;
    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly ReplicaWrites _writes;
    private readonly ReplicaClient _homes;
    private readonly IActorRef _lanes;

    private readonly ReplicaView _view;

    /// <summary>The other backends.</summary>
    private readonly List<ReplicaPeer> _peers = [];
    private readonly Dictionary<long, PendingRead> _reads = [];

    /// <summary>What is to be read anew, a moment later.</summary>
    private readonly List<PendingRead> _again = [];
    private bool _isSettled;
    private long _lastTicket;

    public SessionReplica(ReplicaClient homes, ReplicaWrites writes, ReplicaView view, ReplicationOptions options, TimeProvider time, LaneDialer? lanes)
    {
        _homes = homes;
        _view = view;
        _writes = writes;
        _lanes = lanes is null ? ActorRefs.Nobody : Context.ActorOf(ReplicaLanes.Props(lanes, writes), "lanes");
        _options = options;
        _time = time;

        Receive<Store>(OnStore);
        Receive<Stored>(OnStored);
        Receive<Recover>(OnRecover);
        Receive<PendingRead>(_again.Add);
        Receive<Fetch>(OnFetch);
        Receive<Fetched>(OnFetched);
        Receive<IGetResponse>(OnLocalRead);
        Receive<ReplicaSync.Membership>(OnMembership);
        Receive<ReplicaSync.Confirmed>(OnConfirmed);
        Receive<ReplicaSync.Settled>(OnSettled);
        Receive<ReplicaSync.Introduction>(introduction => Sender.Tell(introduction));
        Receive<ResendTick>(_ => OnResend());

        Timers.StartPeriodicTimer(nameof(ResendTick), ResendTick.Instance, ReplicaWrites.Resend);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="homes">Told of the sessions that a peer has become the home of.</param>
    public static Props Props(
        ReplicaClient homes, ReplicaWrites writes, ReplicaView view, ReplicationOptions options, TimeProvider time, LaneDialer? lanes = null) =>
        // Other nodes' commits wait for it: it must not wait for a thread that this node's app blocks.
        Akka.Actor.Props.Create(() => new SessionReplica(homes, writes, view, options, time, lanes)).WithDispatcher("akka.actor.internal-dispatcher");

    // ---- writes ----

    private void OnStore(Store store)
    {
        if (_view.Takes(store))
        {
            new PeersMerge(store, _homes, _view, Sender, Self, _log).Into(_replicator);
        }
    }

    private void OnStored(Stored stored)
    {
        if (PeerOf(Sender) is { } peer)
        {
            _writes.Acknowledge(stored.Ticket, stored.View, peer);
        }
    }

    // ---- reads ----

    private void OnRecover(Recover recover) => Read(new PendingRead(recover, _time.GetTimestamp()));

    private void Read(PendingRead read)
    {
        var ticket = ++_lastTicket;
        read.Since = _time.GetTimestamp();
        _reads.Add(ticket, read);
        Ask(ticket, read);
    }

    /// <summary>Asks all who have not answered, this node's own replica among them.</summary>
    private void Ask(long ticket, PendingRead read)
    {
        if (_view.Current is not { } view)
        {
            return;
        }

        if (!read.Answers.ContainsKey(_self))
        {
            _replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(read.Request.Id), ReadLocal.Instance, new LocalRead(ticket, read.Request.Id, view.Number, Self)));
        }

        foreach (var peer in _peers)
        {
            if (view.Includes(peer.Address) && !read.Answers.ContainsKey(peer.Address))
            {
                peer.Tell(new Fetch(ticket, read.Request.Id, view.Number));
            }
        }
    }

    private void OnFetch(Fetch fetch)
    {
        // It may yet have acknowledged a write of an earlier view, or be about to: its word counts in its own view alone.
        if (fetch.View == _view.Number)
        {
            _replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(fetch.Id), ReadLocal.Instance, new LocalRead(fetch.Ticket, fetch.Id, fetch.View, Sender)));
        }
    }

    private void OnLocalRead(IGetResponse response)
    {
        if (response.Request is not LocalRead read)
        {
            return;
        }

        var entry = response.IsSuccessful ? response.Get((IKey<SessionBucket>)response.Key).Find(read.Id) : null;
        if (read.ReplyTo.Equals(Self))
        {
            Answer(read.Ticket, read.View, _self, entry);
        }
        else
        {
            read.ReplyTo.Tell(new Fetched(read.Ticket, entry, read.View));
        }
    }

    private void OnFetched(Fetched fetched)
    {
        if (PeerOf(Sender) is { } peer)
        {
            Answer(fetched.Ticket, fetched.View, peer.Address, fetched.Entry);
        }
    }

    private void Answer(long ticket, long view, UniqueAddress node, SessionEntry? entry)
    {
        if (view == _view.Number && _view.Current!.Includes(node) && _reads.TryGetValue(ticket, out var read))
        {
            read.Answers[node] = entry;
            CompleteIfRead(ticket, read);
        }
    }

    /// <remarks>
    /// What is enough says <see cref="ViewRules.IsEnoughToRead"/>. All are waited for, for a while: a write that was not
    /// acknowledged may be on one of them alone, and would come to light later. One that hangs must not stop recovery for ever.
    /// </remarks>
    private void CompleteIfRead(long ticket, PendingRead read)
    {
        if (_view.Current is not { } view || !read.Answers.ContainsKey(_self) || !ViewRules.IsEnoughToRead(view, _isSettled, read.Answers.ContainsKey)
            || (read.Answers.Count < view.Backends.Length && _time.GetElapsedTime(read.Since) < ReadPatience))
        {
            return;
        }

        _reads.Remove(ticket);
        read.Fold();
        var known = read.Heard;
        var merged = read.Claimed(known);
        read.Tried = merged;
        var needed = read.Request.Claimant is null ? Quorum.WriteSize(_options, view.Backends.Length) : Quorum.ClaimSize(_options, view.Backends.Length);
        if (merged is null || read.Answers.Values.Count(entry => entry?.HasSameChangesAs(merged) == true) >= needed)
        {
            read.Request.Done.TrySetResult(merged);
            return;
        }

        // The latest write may be on fewer than a quorum. Before anyone sees it, it must be on one, or the next failover could
        // take it back (the write-back of Attiya, Bar-Noy and Dolev, 1995). By the same step a new home claims the session.
        var writeBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = read.Request.Done;
        var self = Self;
        writeBack.Task.ContinueWith(
            written =>
            {
                var isTaken = written.Exception?.InnerException is SessionCommitException { IsTaken: true };
                if (written.IsCompletedSuccessfully || (isTaken && read.Request.Claimant is null))
                {
                    // Who only reads does not mind that somebody has written meanwhile.
                    done.TrySetResult(merged);
                }
                else if (isTaken && _time.GetElapsedTime(read.Started) < _options.RecoveryTimeout)
                {
                    // Somebody has written in between. What was read is still true, and no longer enough.
                    read.Answers.Clear();
                    self.Tell(read);
                }
                else
                {
                    done.TrySetException(written.Exception!.InnerExceptions);
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _writes.Commit(new Commit([new(read.Request.Id, merged)], writeBack));
    }

    // ---- membership and time ----

    private void OnMembership(ReplicaSync.Membership membership)
    {
        _peers.RemoveAll(peer => !membership.Peers.Contains(peer.Address));
        foreach (var address in membership.Peers.Where(address => _peers.TrueForAll(peer => !peer.Address.Equals(address))))
        {
            _peers.Add(new ReplicaPeer(address, Context.ActorSelection(new RootActorPath(address.Address) / "user" / Name), Self));
        }

        if (membership.View is { } view && view.Number != _view.Number)
        {
            _view.Set(view);
            _homes.NoteView();
            _isSettled = false;
            BeginAnew();
        }

        _writes.SetMembers(_view.Current, _self, _peers);
        _lanes.Tell(new ReplicaLanes.Peers([.. _peers]));
        AskAgain();
    }

    private void OnConfirmed(ReplicaSync.Confirmed confirmed)
    {
        _writes.Confirm(confirmed.Backend);
        AskAgain();
    }

    private void OnSettled(ReplicaSync.Settled settled)
    {
        if (settled.View == _view.Number && !_isSettled)
        {
            // From now on fewer answers are enough, for more hold everything. Those who answered before may not have.
            _isSettled = true;
            _homes.NoteView();
            BeginAnew();
            AskAgain();
        }
    }

    /// <summary>What was answered so far is still true, but not enough any more; what is on its way is not waited for.</summary>
    private void BeginAnew()
    {
        var reads = _reads.Values.ToList();
        _reads.Clear();
        foreach (var read in reads)
        {
            read.Fold();
            read.Answers.Clear();
            _reads.Add(++_lastTicket, read);
        }
    }

    private void AskAgain()
    {
        foreach (var (ticket, read) in _reads.ToList())
        {
            Ask(ticket, read);
            CompleteIfRead(ticket, read);
        }
    }

    private void OnResend()
    {
        _writes.SendAgain();
        _again.ForEach(Read);
        _again.Clear();
        foreach (var (ticket, read) in _reads.ToList())
        {
            if (_time.GetElapsedTime(read.Started) > _options.RecoveryTimeout)
            {
                _reads.Remove(ticket);
                read.Request.Done.TrySetException(new SessionCommitException(
                    $"The session could not be read: {read.Answers.Count} of {_view.Current?.Backends.Length ?? 0} backends answered within "
                    + $"{_options.RecoveryTimeout.TotalSeconds:0.#} s and {Needed(_view.Current)} are needed. Check 'pbm cluster show' for backends that hang."));
                continue;
            }

            Ask(ticket, read);
            CompleteIfRead(ticket, read);
        }
    }

    private string Needed(View? view) => view is null ? "a view that they agree on"
        : string.Join(" and ", (_isSettled ? [] : view.Owed).Prepend(view.Roster).Select(roster => $"{roster.Need} of {string.Join(", ", roster.Members.Select(m => m.Address.Host))}"));

    private ReplicaPeer? PeerOf(IActorRef sender)
    {
        var address = sender.Path.Address;
        foreach (var peer in _peers)
        {
            if (peer.Address.Address.Equals(address))
            {
                return peer;
            }
        }

        return null;
    }

    // ---- messages within this node ----

    /// <summary>Make these entries safe and complete the task, whose continuations must not run at once.</summary>
    /// <param name="Before">What the session was, whole, where the entry is a delta; null where it is the whole.</param>
    internal sealed record Commit(IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> Entries, TaskCompletionSource Done, SessionEntry? Before = null);

    /// <summary>Read this session from the replicas.</summary>
    /// <param name="Claimant">The writer that is to be the session's home, if it exists; null: it is only read.</param>
    internal sealed record Recover(SessionId Id, TaskCompletionSource<SessionEntry?> Done, ulong? Claimant = null) : INoSerializationVerificationNeeded;

    private sealed class ResendTick
    {
        public static readonly ResendTick Instance = new();
    }

    private sealed record PendingRead(Recover Request, long Started) : INoSerializationVerificationNeeded
    {
        /// <summary>What they said in the current view.</summary>
        public Dictionary<UniqueAddress, SessionEntry?> Answers { get; } = [];

        /// <summary>All that was ever said: what somebody held in an earlier view is still true, it only does not count.</summary>
        public SessionEntry? Heard { get; private set; }

        /// <summary>When those were asked who are to answer now.</summary>
        public long Since { get; set; }

        /// <summary>What was to be on a quorum before: if it is, it need not be claimed once more.</summary>
        public SessionEntry? Tried { get; set; }

        /// <summary>The latest version heard: a removal takes nothing over from what it meets, not even that.</summary>
        private SessionVersion _latest;

        /// <summary>What is to be on a quorum before anybody is told.</summary>
        public SessionEntry? Claimed(SessionEntry? known) => (known, Request.Claimant) switch
        {
            (null, _) or (_, null) => known,
            _ when Tried?.HasSameChangesAs(known) == true => Tried,
            ({ IsRemoved: false }, { } writer) => known.ClaimedBy(writer),

            // It has ended, and some have gone on with it: they are to admit its end.
            (_, { } writer) => known.Version < _latest ? SessionEntry.Removed(new(_latest.Epoch + 1, 0, writer), known.RemovedAt!.Value, known.Attributes) : known,
        };

        public void Fold()
        {
            foreach (var entry in Answers.Values)
            {
                _latest = SessionVersion.Max(_latest, entry?.Version ?? default);
                Heard = Heard is null || entry is null ? Heard ?? entry : Heard.Merge(entry);
            }
        }
    }

    /// <summary>A peer's write. What the disk refuses stays unacknowledged, and comes again.</summary>
    private sealed class PeersMerge(Store store, ReplicaClient homes, ReplicaView view, IActorRef replyTo, IActorRef self, ILoggingAdapter log) : LocalMerge(store)
    {
        protected override void OnHeld()
        {
            homes.NoteWrite(Store);

            // A word of another view counts for nothing.
            if (Store.View == view.Number)
            {
                replyTo.Tell(new Stored(Store.Ticket, Store.View), self);
            }
        }

        protected override void OnRefused(IUpdateResponse refusal)
        {
            LogRefusal(log, refusal);
            if (IsTaken(refusal))
            {
                homes.NoteWrite(Store);
            }
        }
    }

    private sealed record LocalRead(long Ticket, SessionId Id, long View, IActorRef ReplyTo);
}
