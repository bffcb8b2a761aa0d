namespace Pomegranate.Bench.Failing;

/// <summary>Whom a fault hits. Not every system has each.</summary>
internal enum Victim
{
    /// <summary>A process that runs the app; ours: not the one that is home to the shard coordinator.</summary>
    Backend,

    /// <summary>The backend that is home to the shard coordinator.</summary>
    Coordinator,

    /// <summary>One of several processes that take HTTP.</summary>
    Frontend,

    /// <summary>The seed node.</summary>
    Lighthouse,

    /// <summary>The process that the sessions are in.</summary>
    Store,
}
