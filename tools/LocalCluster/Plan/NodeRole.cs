namespace Pomegranate.LocalCluster.Plan;

/// <summary>What a node is for.</summary>
internal enum NodeRole
{
    /// <summary>The seed node.</summary>
    Lighthouse,

    /// <summary>Runs the app.</summary>
    Backend,

    /// <summary>Takes HTTP.</summary>
    Frontend,
}
