using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Lanes;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>Another backend, and the ways its replica is told of writes. Thread-safe.</summary>
/// <param name="replica">The peer's replica actor.</param>
/// <param name="self">Ours, to which it answers.</param>
internal sealed class ReplicaPeer(UniqueAddress address, ActorSelection replica, IActorRef self)
{
    private volatile Lane? _lane;

    public UniqueAddress Address { get; } = address;

    /// <summary>Null until there is one, and where the peer is of a build that takes none: then writes go by actor message.</summary>
    public Lane? Lane
    {
        get => _lane;
        set => _lane = value;
    }

    public void Tell(IReplicaMessage message) => replica.Tell(message, self);

    /// <summary>What the lane is too full for is as what is lost: it is sent again.</summary>
    public void Send(Store store)
    {
        if (_lane?.TrySend(ReplicaFrames.Store, store, ReplicaFrames.Write) is not (LaneSending.Sent or LaneSending.Full))
        {
            Tell(store);
        }
    }
}
