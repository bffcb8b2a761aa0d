using Akka.Cluster;

namespace Pomegranate.Liveness;

/// <summary>
/// Published on the event stream of every node that itself has proven a member's process dead, a few tenths of a
/// second before the member is removed: whatever waits for an answer from there can stop waiting.
/// </summary>
internal sealed record DeathProven(UniqueAddress Node, DeathEvidence Evidence);

/// <summary>What proved a death, after the peer's kernel had closed the liveness connection.</summary>
internal enum DeathEvidence
{
    /// <summary>The host answered that nobody listens on the liveness port any more.</summary>
    Refused,

    /// <summary>The liveness port is answered by another incarnation.</summary>
    Replaced,

    /// <summary>The address vanished together with the process, as a killed container's does.</summary>
    Vanished,
}
