using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Lanes;
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
/// channel was measured at twice its rate. Commits do not pass through this actor: see <see cref="ReplicaWrites"/>.
/// </remarks>
internal sealed class SessionReplica : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every backend.</summary>
    public const string Name = "session-replica";

    /// <summary>How long a read waits for every voter before a majority of them is enough.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(1);

    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly UniqueAddress _self = Akka.Cluster.Cluster.Get(Context.System).SelfUniqueAddress;
    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly ReplicaWrites _writes;
    private readonly IActorRef _lanes;

    /// <summary>The other backends, and whether their replicas are complete.</summary>
    private readonly Dictionary<ReplicaPeer, bool> _peers = [];
    private readonly Dictionary<long, PendingRead> _reads = [];
    private bool _selfIsComplete;
    private long _lastTicket;

    public SessionReplica(ReplicaWrites writes, ReplicationOptions options, TimeProvider time, LaneDialer? lanes)
    {
        _writes = writes;
        _lanes = lanes is null ? ActorRefs.Nobody : Context.ActorOf(ReplicaLanes.Props(lanes, writes), "lanes");
        _options = options;
        _time = time;

        Receive<Store>(OnStore);
        Receive<Stored>(OnStored);
        Receive<Recover>(OnRecover);
        Receive<Fetch>(OnFetch);
        Receive<Fetched>(OnFetched);
        Receive<IGetResponse>(OnLocalRead);
        Receive<ReplicaSync.Membership>(OnMembership);
        Receive<ReplicaSync.Introduction>(introduction => Sender.Tell(introduction));
        Receive<ResendTick>(_ => OnResend());

        Timers.StartPeriodicTimer(nameof(ResendTick), ResendTick.Instance, ReplicaWrites.Resend);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ReplicaWrites writes, ReplicationOptions options, TimeProvider time, LaneDialer? lanes = null) =>
        // Other nodes' commits wait for it: it must not wait for a thread that this node's app blocks.
        Akka.Actor.Props.Create(() => new SessionReplica(writes, options, time, lanes)).WithDispatcher("akka.actor.internal-dispatcher");

    private List<UniqueAddress> Voters
    {
        get
        {
            var voters = _peers.Where(p => p.Value).Select(p => p.Key.Address).ToList();
            if (_selfIsComplete)
            {
                voters.Add(_self);
            }

            return voters;
        }
    }

    // ---- writes ----

    private void OnStore(Store store) => new PeersMerge(store, Sender, Self, _log).Into(_replicator);

    private void OnStored(Stored stored)
    {
        if (PeerOf(Sender) is { } peer)
        {
            _writes.Acknowledge(stored.Ticket, peer);
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
        foreach (var (peer, isComplete) in _peers)
        {
            if (isComplete && !read.Answers.ContainsKey(peer.Address))
            {
                peer.Tell(new Fetch(ticket, read.Request.Id));
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
            Answer(fetched.Ticket, peer.Address, fetched.Entry);
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
        _writes.Commit(new Commit([new(read.Request.Id, merged)], writeBack));
    }

    // ---- membership and time ----

    private void OnMembership(ReplicaSync.Membership membership)
    {
        _selfIsComplete = membership.SelfIsComplete;
        foreach (var gone in _peers.Keys.Where(p => !membership.Peers.ContainsKey(p.Address)).ToList())
        {
            _peers.Remove(gone);
        }

        foreach (var (address, isComplete) in membership.Peers)
        {
            var peer = _peers.Keys.FirstOrDefault(p => p.Address.Equals(address))
                ?? new ReplicaPeer(address, Context.ActorSelection(new RootActorPath(address.Address) / "user" / Name), Self);
            _peers[peer] = isComplete;
        }

        _writes.SetMembers(_selfIsComplete, _peers);
        _lanes.Tell(new ReplicaLanes.Peers([.. _peers.Keys]));
        foreach (var (ticket, read) in _reads.ToList())
        {
            Ask(ticket, read);
            CompleteIfRead(ticket, read);
        }
    }

    private void OnResend()
    {
        _writes.SendAgain();
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

    private ReplicaPeer? PeerOf(IActorRef sender)
    {
        var address = sender.Path.Address;
        foreach (var peer in _peers.Keys)
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
    internal sealed record Commit(IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> Entries, TaskCompletionSource Done);

    /// <summary>Read this session from the replicas.</summary>
    internal sealed record Recover(SessionId Id, TaskCompletionSource<SessionEntry?> Done) : INoSerializationVerificationNeeded;

    private sealed class ResendTick
    {
        public static readonly ResendTick Instance = new();
    }

    private sealed record PendingRead(Recover Request, long Started)
    {
        public Dictionary<UniqueAddress, SessionEntry?> Answers { get; } = [];
    }

    /// <summary>A peer's write. What the disk refuses stays unacknowledged, and comes again.</summary>
    private sealed class PeersMerge(Store store, IActorRef replyTo, IActorRef self, ILoggingAdapter log) : LocalMerge(store)
    {
        protected override void OnHeld() => replyTo.Tell(new Stored(Store.Ticket), self);

        protected override void OnRefused(IUpdateResponse refusal) => LogRefusal(log, refusal);
    }

    private sealed record LocalRead(long Ticket, SessionId Id, IActorRef ReplyTo);
}
