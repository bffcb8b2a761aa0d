using Akka.Actor;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.State;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// Entries on their way into this node's Replicator. It is what the Replicator, or the disk behind it, answers: on their
/// threads, without the detour through a mailbox.
/// </summary>
internal abstract class LocalMerge(Store store) : MinimalActorRef
{
    private static readonly ActorPath s_path = new RootActorPath(Address.AllSystems) / "pomegranate" / "merge";

    private int _remaining = store.Entries.Count;

    public Store Store { get; } = store;

    public override ActorPath Path => s_path;

    /// <summary>Nobody looks it up: the answer comes from this process.</summary>
    public override IActorRefProvider Provider => throw new NotSupportedException();

    /// <summary>Merges each entry into its bucket.</summary>
    public void Into(IActorRef replicator)
    {
        foreach (var (id, entry) in Store.Entries)
        {
            replicator.Tell(
                Dsl.Update(SessionBuckets.KeyOf(id), SessionBucket.Empty, WriteLocal.Instance, null, bucket => bucket.Store(id, entry)),
                this);
        }
    }

    /// <summary>All of it is here, on disk too where there is one. Must not block.</summary>
    protected abstract void OnHeld();

    /// <summary>Another home has the session; or the durable store could not write it, and has said why once. Must not block.</summary>
    protected abstract void OnRefused(IUpdateResponse refusal);

    protected static bool IsTaken(IUpdateResponse refusal) => refusal is ModifyFailure { Cause: HomeTakenException };

    protected static void LogRefusal(ILoggingAdapter log, IUpdateResponse refusal) =>
        log.Debug("The local replica refused {0}: {1}. The write is not acknowledged by this node.", refusal.Key.Id, refusal);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not IUpdateResponse response)
        {
            return;
        }

        if (!response.IsSuccessful)
        {
            OnRefused(response);
        }
        else if (Interlocked.Decrement(ref _remaining) == 0)
        {
            OnHeld();
        }
    }
}
