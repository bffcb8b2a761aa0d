using Pomegranate.Clustering;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// The node that the app runs on, for apps that speak of it or speak to the app's other nodes. A singleton among the app's
/// services; not there where the app runs without a cluster. Immutable, and so thread-safe.
/// </summary>
/// <param name="Name">What the node is called in logs, in <c>pbm</c> and in answers: <c>Pomegranate:Cluster:NodeName</c>.</param>
/// <param name="App">The app that the node runs: <c>Pomegranate:Cluster:App</c>, <c>default</c> where nothing is set.</param>
public sealed record ClusterNode(string Name, string App)
{
    /// <summary>
    /// The Akka.Cluster role that every backend of this app has, and no other member: what to look for among the members, or to
    /// limit a singleton or a router of the app's own to.
    /// </summary>
    public string Role => AppName.RoleOf(App);
}
