namespace Pomegranate.Clustering;

/// <summary>What a node is for. Every node has exactly one of these Akka cluster roles.</summary>
public static class NodeRole
{
    /// <summary>Knows the way in: the seed node others join through, and a voter.</summary>
    public const string Lighthouse = "lighthouse";

    /// <summary>Takes HTTP and routes each request to its session's home.</summary>
    public const string Frontend = "frontend";

    /// <summary>
    /// Runs the app and keeps sessions and their replicas. A backend of an app with a name has the role
    /// <c>backend-NAME</c> instead.
    /// </summary>
    public const string Backend = "backend";
}
