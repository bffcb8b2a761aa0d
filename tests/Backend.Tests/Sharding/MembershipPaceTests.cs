using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Tests.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Clustering;
using Pomegranate.Liveness;

namespace Pomegranate.Backend.Tests.Sharding;

/// <summary>Two real nodes whose own membership ticks never come: what happens, the pace does.</summary>
[Collection(RealClusters.Name)]
public sealed class MembershipPaceTests : IDisposable
{
    private const string NoTicks = """
        akka.cluster { gossip-interval = 10m, leader-actions-interval = 10m, unreachable-nodes-reaper-interval = 10m }
        pomegranate.partitions.stable-after = 10m
        """;

    private readonly BackendSystem _living = Start();
    private readonly BackendSystem _dying = Start();

    [Fact]
    public async Task DeathProven_MemberDowned_IsRemovedWithoutAnyTickOfAkkas()
    {
        await _living.JoinAsync();
        await _dying.JoinAsync(_living);
        await Eventually.AwaitAsync("both Up", () => Task.FromResult(_living.Cluster.State.Members.Count(member => member.Status == MemberStatus.Up) == 2));
        ((ExtendedActorSystem)_dying.System).Abort();
        await _dying.System.WhenTerminated.For("the node to be dead");

        // As the liveness actor does: a member that no heartbeat has come from yet counts as available.
        if (!_living.Cluster.FailureDetector.IsMonitoring(_dying.Address.Address))
        {
            _living.Cluster.FailureDetector.Heartbeat(_dying.Address.Address);
        }

        ProvenDeaths.Of(_living.System.EventStream).Add(_dying.Address);
        _living.System.EventStream.Publish(new DeathProven(_dying.Address, DeathEvidence.Refused));
        _living.Cluster.Down(_dying.Address.Address);

        await Eventually.AwaitAsync("the dead removed", () => Task.FromResult(_living.Cluster.State.Members.Count == 1));
    }

    public void Dispose()
    {
        _living.Dispose();
        _dying.Dispose();
    }

    private static BackendSystem Start()
    {
        var node = BackendSystem.Start(NoTicks);
        node.System.ActorOf(MembershipPace.Props(), MembershipPace.Name);
        return node;
    }
}
