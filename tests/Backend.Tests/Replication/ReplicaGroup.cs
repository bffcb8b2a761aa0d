namespace Pomegranate.Backend.Tests.Replication;

/// <summary>A backend and four peers, shared by the tests of the replica: starting remoting takes longer than a test.</summary>
public sealed class ReplicaGroup : IDisposable
{
    public const string Name = "replica group";

    internal BackendSystem Home { get; } = BackendSystem.Start();

    internal FakePeer[] Peers { get; } = [new(), new(), new(), new()];

    public void Dispose()
    {
        Home.Dispose();
        foreach (var peer in Peers)
        {
            peer.Dispose();
        }
    }
}

/// <summary>The tests that share one <see cref="ReplicaGroup"/> and so run one after another.</summary>
[CollectionDefinition(ReplicaGroup.Name)]
public sealed class ReplicaGroupTests : ICollectionFixture<ReplicaGroup>;
