using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Lanes;
using Pomegranate.Management;
using Pomegranate.Sessions;

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

    private readonly TaskCompletionSource<Replica> _replica = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Live sessions in this node's replica at the last sweep; every complete replica holds them all.</summary>
    public long LiveSessions { get; set; }

    /// <summary>Starts this node's replica. From now on it is asked; who asked before has waited for it.</summary>
    /// <param name="view">In which the replica speaks.</param>
    /// <param name="lanes">Opens lanes to the peers; null: all goes by actor message.</param>
    public IActorRef Start(ActorSystem system, ReplicaView view, ReplicationOptions options, TimeProvider time, LaneDialer? lanes = null)
    {
        var writes = new ReplicaWrites(system, options, time);
        var replica = system.ActorOf(SessionReplica.Props(writes, view, options, time, lanes), SessionReplica.Name);
        Attach(writes.Commit, recover => replica.Tell(recover));
        return replica;
    }

    public void Attach(Action<SessionReplica.Commit> commit, Action<SessionReplica.Recover> recover) => _replica.TrySetResult(new(commit, recover));

    /// <summary>Completes when the entries are held by as many backends as the replication level asks for.</summary>
    /// <exception cref="SessionCommitException">They were not, within the commit timeout. Some replicas may hold them.</exception>
    public async Task CommitAsync(params IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> entries)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (await _replica.Task).Commit(new(entries, done));
        await TimedAsync(done.Task, CommitDuration);
    }

    /// <summary>The session as the backends together know it; null where none has heard of it.</summary>
    /// <exception cref="SessionCommitException">Too few replicas answered within the recovery timeout.</exception>
    public async Task<SessionEntry?> RecoverAsync(SessionId id)
    {
        var done = new TaskCompletionSource<SessionEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
        (await _replica.Task).Recover(new(id, done));
        await TimedAsync(done.Task, RecoveryDuration);
        return await done.Task;
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

    private sealed record Replica(Action<SessionReplica.Commit> Commit, Action<SessionReplica.Recover> Recover);
}
