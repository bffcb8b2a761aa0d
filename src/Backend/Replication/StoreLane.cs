using Akka.Actor;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Lanes;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>A peer's lane, at this end: its writes go straight into the Replicator, whose answer goes straight back.</summary>
internal sealed class StoreLane(Lane lane, ActorSystem system, ReplicaClient homes, ReplicaView view) : ILaneHandler
{
    private readonly IActorRef _replicator = DData.DistributedData.Get(system).Replicator;
    private readonly ILoggingAdapter _log = Logging.GetLogger(system, typeof(SessionReplica));

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
    {
        var store = ReplicaFrames.ReadStore(kind, payload);
        if (view.Takes(store))
        {
            new Merge(this, store).Into(_replicator);
        }
    }

    public void OnClosed()
    {
        // What is on its way into the Replicator stays there; its peer sends it again, by another lane or actor message.
    }

    private sealed class Merge(StoreLane from, Store store) : LocalMerge(store)
    {
        protected override void OnHeld() => from.Acknowledge(Store);

        protected override void OnRefused(IUpdateResponse refusal)
        {
            LogRefusal(from._log, refusal);
            if (IsTaken(refusal))
            {
                from.NoteRefused(Store);
            }
        }
    }

    /// <summary>The session's home here is to hear of it all the same.</summary>
    private void NoteRefused(Store store) => homes.NoteWrite(store);

    /// <summary>One that cannot leave is as one that is lost: the peer sends its write again.</summary>
    private void Acknowledge(Store store)
    {
        homes.NoteWrite(store);

        // A word of another view counts for nothing.
        if (store.View == view.Number)
        {
            lane.TrySend(ReplicaFrames.Stored, (store.Ticket, store.View), ReplicaFrames.WriteStored);
        }
    }
}
