namespace Pomegranate.ClusterTests.Harness;

/// <summary>The one cluster of all tests that kill no node. Limits are low enough to be met.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    internal const int MaxAttributeBytes = 5_000;
    internal const int MaxSessionBytes = 20_000;
    internal const int InlineBytes = 64 * 1024;
    internal static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(20);

    internal TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(
        ("Pomegranate:Session:TurnTimeout", "00:00:10"),
        ("Pomegranate:Session:SweepInterval", "00:00:01"),
        ("Pomegranate:Session:MaxAttributeBytes", $"{MaxAttributeBytes}"),
        ("Pomegranate:Session:MaxSessionBytes", $"{MaxSessionBytes}"),
        ("Pomegranate:Session:IdleTimeout", $"{IdleTimeout}"));

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}

/// <summary>Tests of this collection share a cluster and take turns.</summary>
[CollectionDefinition(Name)]
public class SharedClusterCollection : ICollectionFixture<SharedCluster>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "shared cluster";
}
