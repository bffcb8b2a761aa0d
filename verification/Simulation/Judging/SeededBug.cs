namespace Pomegranate.Simulation.Judging;

/// <summary>A bug that the simulator must find, or its green proves nothing: those of the campaign that are of its kind.</summary>
internal enum SeededBug
{
    None,

    /// <summary>A commit is done before a quorum has it.</summary>
    AckBeforeQuorum,

    /// <summary>A request that comes again runs again.</summary>
    DedupOff,

    /// <summary>The recorded outcome of an exactly-once request is not looked at.</summary>
    OutcomeIgnored,

    /// <summary>A merge forgets what only one side has.</summary>
    MergeDropsAttribute,

    /// <summary>A new home, and a backend that joins, are content with what they hold themselves.</summary>
    StaleReplica,

    /// <summary>A home answers without its lease.</summary>
    LeaseIgnored,

    /// <summary>Words of another view count.</summary>
    OtherViewsHeeded,

    /// <summary>A home whose commit has failed goes on from what was before, and writes of an earlier view are merged.</summary>
    GoesOnInDoubt,

    /// <summary>A home that has a successor goes on writing.</summary>
    TwoHomesWrite,

    /// <summary>A recovery does not hear those whom the view owes.</summary>
    OwedNotRead,

    /// <summary>Each takes itself for one that has caught up.</summary>
    CaughtUpAtOnce,

    /// <summary>Who is suspected is taken for dead, and so removals add up.</summary>
    SuspectsTakenForDead,
}
