using Akka.Actor;
using Akka.Cluster;

namespace Pomegranate.Backend.Replication;

/// <summary>Another backend, and the way its replica is told of writes. Thread-safe.</summary>
/// <param name="replica">The peer's replica actor.</param>
/// <param name="self">Ours, to which it answers.</param>
internal sealed class ReplicaPeer(UniqueAddress address, ActorSelection replica, IActorRef self)
{
    public UniqueAddress Address { get; } = address;

    /// <summary>Whether its replica is complete. <see cref="ReplicaWrites"/>' own, under its lock.</summary>
    public bool IsComplete { get; set; }

    public void Tell(ReplicationProtocol.IReplicaMessage message) => replica.Tell(message, self);
}
