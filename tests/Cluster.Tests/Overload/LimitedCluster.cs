using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Overload;

/// <summary>A cluster whose limits a test can reach: a node runs 4 requests and queues 2, a session runs 2 and queues 3.</summary>
public sealed class LimitedCluster : IAsyncLifetime
{
    internal const int NodeRuns = 4, NodeQueues = 2, SessionRuns = 2, SessionQueues = 3;

    internal TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(
        ("Pomegranate:Backend:MaxConcurrentRequests", $"{NodeRuns}"),
        ("Pomegranate:Backend:MaxQueuedRequests", $"{NodeQueues}"),
        ("Pomegranate:Backend:QueueTimeout", "00:01:00"),
        ("Pomegranate:Session:MaxConcurrentRequests", $"{SessionRuns}"),
        ("Pomegranate:Session:MaxQueuedRequests", $"{SessionQueues}"));

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
