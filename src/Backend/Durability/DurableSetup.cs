using Akka.Actor.Setup;

namespace Pomegranate.Backend.Durability;

/// <summary>Carries the open store into the actor system, where DData makes <see cref="DurableStoreActor"/> itself.</summary>
internal sealed class DurableSetup(DurableStore store) : Setup
{
    /// <summary>What DData keeps on disk, and with what.</summary>
    public const string Hocon = """
        akka.cluster.distributed-data.durable {
          keys = ["sessions-*", "data-protection-keys"]
          store-actor-class = "Pomegranate.Backend.Durability.DurableStoreActor, Pomegranate.Backend"
        }
        """;

    public DurableStore Store { get; } = store;
}
