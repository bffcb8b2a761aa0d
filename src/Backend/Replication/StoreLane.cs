using Akka.Actor;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Lanes;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>A peer's lane, at this end: its writes go straight into the Replicator, whose answer goes straight back.</summary>
internal sealed class StoreLane(Lane lane, ActorSystem system) : ILaneHandler
{
    private readonly IActorRef _replicator = DData.DistributedData.Get(system).Replicator;
    private readonly ILoggingAdapter _log = Logging.GetLogger(system, typeof(SessionReplica));

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => new Merge(this, ReplicaFrames.ReadStore(kind, payload)).Into(_replicator);

    public void OnClosed()
    {
        // What is on its way into the Replicator stays there; its peer sends it again, by another lane or actor message.
    }

    private sealed class Merge(StoreLane from, Store store) : LocalMerge(store)
    {
        protected override void OnHeld() => from.Acknowledge(Store.Ticket);

        protected override void OnRefused(IUpdateResponse refusal) => LogRefusal(from._log, refusal);
    }

    /// <summary>One that cannot leave is as one that is lost: the peer sends its write again.</summary>
    private void Acknowledge(long ticket) => lane.TrySend(ReplicaFrames.Stored, ticket, ReplicaFrames.WriteTicket);
}
