namespace Pomegranate.Simulation.Plans;

/// <summary>What is done to the cluster.</summary>
internal enum FaultKind
{
    /// <summary>A process ends at once; who reaches its machine proves it. Started again later.</summary>
    Kill,

    /// <summary>The machine goes with the process: nobody can prove the death before it is back.</summary>
    PowerLoss,

    /// <summary>A process does nothing for a while, and then all that has waited.</summary>
    Hang,

    /// <summary>All messages from and to a node take so much longer.</summary>
    Slow,

    /// <summary>Two sets of nodes do not hear each other; all links at once.</summary>
    Cut,

    /// <summary>The same, each link at a time of its own.</summary>
    StaggeredCut,

    /// <summary>One set does not hear the other; the other way all is well.</summary>
    OneWayCut,

    /// <summary>A cut that heals and comes again, over and over.</summary>
    Flap,

    /// <summary>A process is told to stop: it hands its shards over, leaves, and is started again.</summary>
    Leave,

    /// <summary>A further backend joins, and leaves again.</summary>
    Join,

    /// <summary>
    /// A backend takes itself for the home of all sessions, and one frontend believes it; their homes know nothing of that. So it is
    /// after a hand-off that Akka's coordinator has given up and that has ended all the same.
    /// </summary>
    SecondHome,
}
