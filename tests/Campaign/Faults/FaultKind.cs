namespace Pomegranate.Campaign.Faults;

/// <summary>What can be done to a cluster. Their names in lower case are those of the command line.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL; started again afterwards.</summary>
    Kill,

    /// <summary>SIGSTOP, then SIGCONT.</summary>
    Hang,

    /// <summary>SIGTERM; started again afterwards.</summary>
    Stop,

    /// <summary>The spare backend joins, empty, and leaves again.</summary>
    Join,

    /// <summary>Every backend is killed at once: survived only where sessions are durable.</summary>
    Full,

    /// <summary>A node is cut off from all others, both ways.</summary>
    Isolate,

    /// <summary>A backend and a frontend together are cut off from all others: a minority that clients reach.</summary>
    Split,

    /// <summary>A node hears nobody, and is heard.</summary>
    Deaf,

    /// <summary>A node is heard by nobody, and hears.</summary>
    Mute,

    /// <summary>Two nodes, not both backends, are cut off from each other, and from nobody else.</summary>
    Pair,

    /// <summary>Two backends are cut off from each other, and from nobody else.</summary>
    Rift,

    /// <summary>All frontends are cut off from all backends; the lighthouse reaches both.</summary>
    Apart,

    /// <summary>A node is cut off and back, over and over.</summary>
    Flap,

    /// <summary>The lighthouse, which is the first seed, is cut off from all others.</summary>
    Seed,

    /// <summary>The lighthouse, one backend and all frontends but one are cut off from the other backends and the last frontend.</summary>
    Outvote,

    /// <summary>All connections of a node are reset, over and over.</summary>
    Churn,
}
