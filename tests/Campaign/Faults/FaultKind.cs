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

    /// <summary>A backend dies in the moment in which the spare one, empty, has joined.</summary>
    Relay,

    /// <summary>Every process is killed at once, and started again: survived by sessions on disk.</summary>
    Full,

    /// <summary>Every process is told to stop at once, and started again.</summary>
    Halt,

    /// <summary>A backend's disk takes up to some tenths of a second for each write.</summary>
    Slow,

    /// <summary>A backend's disk does not answer.</summary>
    Stuck,

    /// <summary>A backend's disk is full.</summary>
    Fill,

    /// <summary>A byte of a backend's file changes while it is down: it must refuse to start, and comes back empty.</summary>
    Damage,

    /// <summary>A node's clock is set minutes or hours ahead or back, and later right again.</summary>
    Clock,

    /// <summary>A node's clock is wrong when it is started, and set right while it runs.</summary>
    Skew,

    /// <summary>A node has hardly more memory than it has taken already.</summary>
    Squeeze,

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

    /// <summary>A backend, and mostly another node with it, starts again, and within seconds the next fault begins: others have more patience with them.</summary>
    Young,

    /// <summary>A partition along any line, all links at once.</summary>
    Part,

    /// <summary>A partition whose links go one after another, and come back so.</summary>
    Stagger,

    /// <summary>A partition of which each link is down in one direction alone.</summary>
    OneWay,

    /// <summary>A partition, and another one before the first is decided.</summary>
    Recut,
}
