using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.DistributedData;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Lanes;
using Pomegranate.Management;
using Pomegranate.Sessions;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>What session homes ask of this node's replica. Thread-safe.</summary>
internal sealed class ReplicaClient
{
    private static readonly Histogram<double> CommitDuration = PomegranateMeter.Duration(
        "pomegranate.session.commit.duration", "From a session's change to its acknowledgement by the replicas; failed ones are tagged.");

    private static readonly Histogram<double> RecoveryDuration = PomegranateMeter.Duration(
        "pomegranate.session.recovery.duration", "From a session's first request at a home to its state read from the replicas; failed ones are tagged.");

    private static readonly KeyValuePair<string, object?> Succeeded = new("succeeded", true);

    private static readonly KeyValuePair<string, object?> Failed = new("succeeded", false);

    /// <summary>Another backend has written to a session, as its home. Handlers must not block.</summary>
    public event Action<SessionId, SessionVersion>? WrittenElsewhere;

    private int _views;

    /// <summary>Changes with the view, and when what its members hold has been put together.</summary>
    public int Views => Volatile.Read(ref _views);

    private readonly TaskCompletionSource<Replica> _replica = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Live sessions in this node's replica at the last sweep; every complete replica holds them all.</summary>
    public long LiveSessions { get; set; }

    /// <summary>Starts this node's replica. From now on it is asked; who asked before has waited for it.</summary>
    /// <param name="view">In which the replica speaks.</param>
    /// <param name="lanes">Opens lanes to the peers; null: all goes by actor message.</param>
    public IActorRef Start(ActorSystem system, ReplicaView view, ReplicationOptions options, TimeProvider time, LaneDialer? lanes = null)
    {
        var writes = new ReplicaWrites(system, options, time);
        var replica = system.ActorOf(SessionReplica.Props(this, writes, view, options, time, lanes), SessionReplica.Name);
        var replicator = DData.DistributedData.Get(system).Replicator;
        Attach(writes.Commit, recover => replica.Tell(recover), async id =>
        {
            var key = SessionBuckets.KeyOf(id);
            var read = await replicator.Ask<IGetResponse>(Dsl.Get(key, ReadLocal.Instance), options.RecoveryTimeout);
            return read.IsSuccessful ? read.Get(key).Find(id) : null;
        }, writes.GiveUp);
        return replica;
    }

    /// <param name="find">What this node's own replica holds; null: nothing.</param>
    /// <param name="giveUp">Fails what of the session is not committed; null: nothing.</param>
    public void Attach(
        Action<SessionReplica.Commit> commit,
        Action<SessionReplica.Recover> recover,
        Func<SessionId, Task<SessionEntry?>>? find = null,
        Action<SessionId>? giveUp = null) =>
        _replica.TrySetResult(new(commit, recover, find ?? (_ => Task.FromResult<SessionEntry?>(null)), giveUp ?? (static _ => { })));

    public void NoteView() => Interlocked.Increment(ref _views);

    /// <summary>What this node's own replica holds of the session, whatever others hold.</summary>
    public async Task<SessionEntry?> FindHereAsync(SessionId id) => await (await _replica.Task).Find(id);

    /// <summary>Completes when the entries are held by as many backends as the replication level asks for.</summary>
    /// <exception cref="SessionCommitException">They were not, within the commit timeout. Some replicas may hold them.</exception>
    /// <param name="before">What the session was, whole, where the entry is a delta; null where it is the whole.</param>
    public async Task CommitAsync(SessionId id, SessionEntry entry, SessionEntry? before = null)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (await _replica.Task).Commit(new([new(id, entry)], done, before));
        await TimedAsync(done.Task, CommitDuration);
    }

    /// <summary>The session as the backends together know it; null where none has heard of it.</summary>
    /// <exception cref="SessionCommitException">Too few replicas answered within the recovery timeout.</exception>
    /// <param name="claimant">
    /// The writer that is to be the session's home. What is returned is then in an epoch of its own (<see cref="SessionEntry.ClaimedBy"/>), and
    /// no earlier home commits anything from here on. Null: it is only read.
    /// </param>
    public async Task<SessionEntry?> RecoverAsync(SessionId id, ulong? claimant = null)
    {
        var done = new TaskCompletionSource<SessionEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
        (await _replica.Task).Recover(new(id, done, claimant));
        await TimedAsync(done.Task, RecoveryDuration);
        return await done.Task;
    }

    /// <summary>Another backend has become the session's home: what this one has not committed yet will not be.</summary>
    public void GiveUp(SessionId id)
    {
        if (_replica.Task.IsCompletedSuccessfully)
        {
            _replica.Task.Result.GiveUp(id);
        }
    }

    /// <summary>A peer's write has come, whether or not it is held here.</summary>
    public void NoteWrite(ReplicationProtocol.Store store)
    {
        foreach (var (id, entry) in store.Entries)
        {
            WrittenElsewhere?.Invoke(id, entry.Version);
        }
    }

    private static async Task TimedAsync(Task task, Histogram<double> duration)
    {
        var started = Stopwatch.GetTimestamp();
        var succeeded = false;
        try
        {
            await task;
            succeeded = true;
        }
        finally
        {
            duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, succeeded ? Succeeded : Failed);
        }
    }

    private sealed record Replica(Action<SessionReplica.Commit> Commit, Action<SessionReplica.Recover> Recover, Func<SessionId, Task<SessionEntry?>> Find, Action<SessionId> GiveUp);
}
