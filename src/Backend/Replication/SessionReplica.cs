using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
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
/// channel was measured at twice its rate. All commits that wait in the mailbox leave in one Store per peer.
/// </remarks>
internal sealed class SessionReplica : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every backend.</summary>
    public const string Name = "session-replica";

    /// <summary>A Store is cut at this size, far below the frame size, so heartbeats never wait long behind one.</summary>
    private const int BatchBytes = 1_000_000;

    /// <summary>Unacknowledged messages are sent again this often: remoting delivers at most once, merging is idempotent.</summary>
    private static readonly TimeSpan Resend = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a read waits for every voter before a majority of them is enough.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(1);

    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly UniqueAddress _self = Akka.Cluster.Cluster.Get(Context.System).SelfUniqueAddress;
    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>The other backends, and whether their replicas are complete.</summary>
    private readonly Dictionary<UniqueAddress, Peer> _peers = [];
    private readonly Dictionary<long, PendingWrite> _writes = [];
    private readonly Dictionary<long, PendingRead> _reads = [];
    private readonly List<Commit> _waiting = [];
    private bool _selfIsComplete;
    private long _lastTicket;

    public SessionReplica(ReplicationOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;

        Receive<Commit>(OnCommit);
        Receive<Flush>(_ => OnFlush());
        Receive<Store>(OnStore);
        Receive<Stored>(OnStored);
        Receive<IUpdateResponse>(OnApplied);
        Receive<Recover>(OnRecover);
        Receive<Fetch>(OnFetch);
        Receive<Fetched>(OnFetched);
        Receive<IGetResponse>(OnLocalRead);
        Receive<ReplicaSync.Membership>(OnMembership);
        Receive<ReplicaSync.Introduction>(introduction => Sender.Tell(introduction));
        Receive<ResendTick>(_ => OnResend());

        Timers.StartPeriodicTimer(nameof(ResendTick), ResendTick.Instance, Resend);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ReplicationOptions options, TimeProvider time) =>
        // Other nodes' commits wait for it: it must not wait for a thread that this node's app blocks.
        Akka.Actor.Props.Create(() => new SessionReplica(options, time)).WithDispatcher("akka.actor.internal-dispatcher");

    private List<UniqueAddress> Voters
    {
        get
        {
            var voters = _peers.Where(p => p.Value.IsComplete).Select(p => p.Key).ToList();
            if (_selfIsComplete)
            {
                voters.Add(_self);
            }

            return voters;
        }
    }

    // ---- writes ----

    private void OnCommit(Commit commit)
    {
        _waiting.Add(commit);
        if (_waiting.Count == 1)
        {
            // Behind everything that is in the mailbox now, so the commits among it share one message per peer.
            Self.Tell(Flush.Instance);
        }
    }

    private void OnFlush()
    {
        for (var from = 0; from < _waiting.Count;)
        {
            var bytes = 0;
            var to = from;
            while (to < _waiting.Count && (to == from || bytes < BatchBytes))
            {
                bytes += _waiting[to++].Entries.Sum(e => SessionSize.Of(e.Value));
            }

            Write(_waiting.GetRange(from, to - from));
            from = to;
        }

        _waiting.Clear();
    }

    private void Write(List<Commit> commits)
    {
        var ticket = ++_lastTicket;
        var write = new PendingWrite(
            new Store(ticket, [.. commits.SelectMany(c => c.Entries)]), commits, _time.GetTimestamp());
        _writes.Add(ticket, write);
        foreach (var peer in _peers.Values)
        {
            peer.Replica.Tell(write.Message);
        }

        Apply(new Application(write.Message, Self, write.Message.Entries.Count));
    }

    private void OnStore(Store store) => Apply(new Application(store, Sender, store.Entries.Count));

    private void Apply(Application application)
    {
        foreach (var (id, entry) in application.Store.Entries)
        {
            _replicator.Tell(Dsl.Update(
                SessionBuckets.KeyOf(id), SessionBucket.Empty, WriteLocal.Instance, application, bucket => bucket.Merge(id, entry)));
        }
    }

    private void OnApplied(IUpdateResponse response)
    {
        if (response.Request is not Application application)
        {
            return;
        }

        if (!response.IsSuccessful)
        {
            Refuse(application, response);
            return;
        }

        if (--application.Remaining > 0)
        {
            return;
        }

        if (application.ReplyTo.Equals(Self))
        {
            Acknowledge(application.Store.Ticket, _self);
        }
        else
        {
            application.ReplyTo.Tell(new Stored(application.Store.Ticket));
        }
    }

    /// <summary>
    /// The durable store could not write it, and has said why once. A peer's write stays unacknowledged and comes again;
    /// one of our own cannot succeed without us, so its clients need not wait for the time limit.
    /// </summary>
    private void Refuse(Application application, IUpdateResponse response)
    {
        _log.Debug("The local replica refused {0}: {1}. The write is not acknowledged by this node.", response.Key.Id, response);
        if (application.ReplyTo.Equals(Self) && _writes.Remove(application.Store.Ticket, out var write))
        {
            var failure = new SessionCommitException(
                "The session's change could not be written to the disk of its home; the home's log says why. It may or may not survive.");
            write.Commits.ForEach(c => c.Done.TrySetException(failure));
        }
    }

    private void OnStored(Stored stored)
    {
        if (PeerOf(Sender) is { } peer)
        {
            Acknowledge(stored.Ticket, peer);
        }
    }

    private void Acknowledge(long ticket, UniqueAddress node)
    {
        if (_writes.TryGetValue(ticket, out var write) && write.Acknowledged.Add(node))
        {
            CompleteIfMet(ticket, write);
        }
    }

    private void CompleteIfMet(long ticket, PendingWrite write)
    {
        if (!write.Acknowledged.Contains(_self) || !Quorum.IsMet(_options, Voters, write.Acknowledged))
        {
            return;
        }

        _writes.Remove(ticket);
        foreach (var commit in write.Commits)
        {
            commit.Done.TrySetResult();
        }
    }

    // ---- reads ----

    private void OnRecover(Recover recover)
    {
        var ticket = ++_lastTicket;
        var read = new PendingRead(recover, _time.GetTimestamp());
        _reads.Add(ticket, read);
        Ask(ticket, read);
        _replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(recover.Id), ReadLocal.Instance, new LocalRead(ticket, recover.Id, Self)));
    }

    private void Ask(long ticket, PendingRead read)
    {
        foreach (var (address, peer) in _peers)
        {
            if (peer.IsComplete && !read.Answers.ContainsKey(address))
            {
                peer.Replica.Tell(new Fetch(ticket, read.Request.Id));
            }
        }
    }

    private void OnFetch(Fetch fetch) =>
        _replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(fetch.Id), ReadLocal.Instance, new LocalRead(fetch.Ticket, fetch.Id, Sender)));

    private void OnLocalRead(IGetResponse response)
    {
        if (response.Request is not LocalRead read)
        {
            return;
        }

        var entry = response.IsSuccessful ? response.Get((IKey<SessionBucket>)response.Key).Find(read.Id) : null;
        if (read.ReplyTo.Equals(Self))
        {
            Answer(read.Ticket, _self, entry);
        }
        else
        {
            read.ReplyTo.Tell(new Fetched(read.Ticket, entry));
        }
    }

    private void OnFetched(Fetched fetched)
    {
        if (PeerOf(Sender) is { } peer)
        {
            Answer(fetched.Ticket, peer, fetched.Entry);
        }
    }

    private void Answer(long ticket, UniqueAddress node, SessionEntry? entry)
    {
        if (_reads.TryGetValue(ticket, out var read))
        {
            read.Answers[node] = entry;
            CompleteIfRead(ticket, read);
        }
    }

    /// <remarks>
    /// Every voter is waited for, for a while: after a member has died, a majority of those left need not include one
    /// that acknowledged the last write (5 backends, 3 acknowledged, 2 of these died: 3 left, and 2 of them are a
    /// majority without the third). A voter that hangs must not stop recovery for ever, so then a majority decides.
    /// </remarks>
    private void CompleteIfRead(long ticket, PendingRead read)
    {
        var voters = Voters;
        var answered = voters.Count(read.Answers.ContainsKey);
        var patient = _time.GetElapsedTime(read.Started) < ReadPatience;
        if (!read.Answers.ContainsKey(_self) || answered < (patient ? voters.Count : Quorum.Majority(voters.Count)))
        {
            return;
        }

        _reads.Remove(ticket);
        SessionEntry? merged = null;
        foreach (var entry in read.Answers.Values)
        {
            merged = merged is null || entry is null ? merged ?? entry : merged.Merge(entry);
        }

        if (merged is null || read.Answers.Values.All(e => e?.HasSameChangesAs(merged) == true))
        {
            read.Request.Done.TrySetResult(merged);
            return;
        }

        // The replicas differ, so the latest write may be on fewer than a quorum. Before anyone sees it, it must be on
        // one, or the next failover could take it back (the write-back of Attiya, Bar-Noy and Dolev, 1995).
        var writeBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = read.Request.Done;
        writeBack.Task.ContinueWith(
            written =>
            {
                if (written.IsCompletedSuccessfully)
                {
                    done.TrySetResult(merged);
                }
                else
                {
                    done.TrySetException(written.Exception!.InnerExceptions);
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        OnCommit(new Commit([new(read.Request.Id, merged)], writeBack));
    }

    // ---- membership and time ----

    private void OnMembership(ReplicaSync.Membership membership)
    {
        _selfIsComplete = membership.SelfIsComplete;
        foreach (var gone in _peers.Keys.Except(membership.Peers.Keys).ToList())
        {
            _peers.Remove(gone);
        }

        foreach (var (address, isComplete) in membership.Peers)
        {
            if (_peers.TryGetValue(address, out var known))
            {
                _peers[address] = known with { IsComplete = isComplete };
                continue;
            }

            var replica = Context.ActorSelection(new RootActorPath(address.Address) / "user" / Name);
            _peers.Add(address, new Peer(replica, isComplete));

            // It may be the one whose acknowledgement a waiting write needs.
            foreach (var write in _writes.Values)
            {
                replica.Tell(write.Message);
            }
        }

        foreach (var (ticket, write) in _writes.ToList())
        {
            CompleteIfMet(ticket, write);
        }

        foreach (var (ticket, read) in _reads.ToList())
        {
            Ask(ticket, read);
            CompleteIfRead(ticket, read);
        }
    }

    private void OnResend()
    {
        foreach (var (ticket, write) in _writes.ToList())
        {
            var waited = _time.GetElapsedTime(write.Started);
            if (waited > _options.CommitTimeout)
            {
                _writes.Remove(ticket);
                var failure = new SessionCommitException(
                    $"The session's change was acknowledged by {write.Acknowledged.Count} of {Voters.Count} backends within "
                    + $"{_options.CommitTimeout.TotalSeconds:0.#} s, and replication level {_options.Level} needs "
                    + $"{Quorum.WriteSize(_options, Voters.Count)}. It may or may not survive. Check 'pbm cluster show' for backends that hang.");
                write.Commits.ForEach(c => c.Done.TrySetException(failure));
            }
            else if (waited > Resend)
            {
                foreach (var (address, peer) in _peers)
                {
                    if (!write.Acknowledged.Contains(address))
                    {
                        peer.Replica.Tell(write.Message);
                    }
                }
            }
        }

        foreach (var (ticket, read) in _reads.ToList())
        {
            if (_time.GetElapsedTime(read.Started) > _options.RecoveryTimeout)
            {
                _reads.Remove(ticket);
                read.Request.Done.TrySetException(new SessionCommitException(
                    $"The session could not be read: {read.Answers.Count} of {Voters.Count} backends answered within "
                    + $"{_options.RecoveryTimeout.TotalSeconds:0.#} s and a majority is needed. Check 'pbm cluster show' for backends that hang."));
                continue;
            }

            Ask(ticket, read);
            CompleteIfRead(ticket, read);
        }
    }

    private UniqueAddress? PeerOf(IActorRef sender)
    {
        var address = sender.Path.Address;
        foreach (var peer in _peers.Keys)
        {
            if (peer.Address.Equals(address))
            {
                return peer;
            }
        }

        return null;
    }

    // ---- messages within this node ----

    /// <summary>Make these entries safe and complete the task.</summary>
    internal sealed record Commit(IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> Entries, TaskCompletionSource Done) : INoSerializationVerificationNeeded;

    /// <summary>Read this session from the replicas.</summary>
    internal sealed record Recover(SessionId Id, TaskCompletionSource<SessionEntry?> Done) : INoSerializationVerificationNeeded;

    private sealed class Flush
    {
        public static readonly Flush Instance = new();
    }

    private sealed class ResendTick
    {
        public static readonly ResendTick Instance = new();
    }

    private sealed record Peer(ActorSelection Replica, bool IsComplete);

    private sealed record PendingWrite(Store Message, List<Commit> Commits, long Started)
    {
        public HashSet<UniqueAddress> Acknowledged { get; } = [];
    }

    private sealed record PendingRead(Recover Request, long Started)
    {
        public Dictionary<UniqueAddress, SessionEntry?> Answers { get; } = [];
    }

    /// <summary>A Store on its way into the local Replicator, which answers once per entry.</summary>
    private sealed class Application(Store store, IActorRef replyTo, int remaining)
    {
        public Store Store { get; } = store;

        public IActorRef ReplyTo { get; } = replyTo;

        public int Remaining { get; set; } = remaining;
    }

    private sealed record LocalRead(long Ticket, SessionId Id, IActorRef ReplyTo);
}
