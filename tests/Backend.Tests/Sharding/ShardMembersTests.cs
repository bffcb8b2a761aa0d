using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Pomegranate.Backend.Sharding;

namespace Pomegranate.Backend.Tests.Sharding;

/// <summary>What a real two-node cluster shows: a state that never counted as settled would stop all rebalancing.</summary>
public sealed class ShardMembersTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _second;

    public ShardMembersTests()
        : base(Configuration("backend")) => _second = ActorSystem.Create(Sys.Name, Configuration("backend", "weight-3"));

    [Fact]
    public async Task From_TwoNodesUp_SettledWithTheirWeights()
    {
        var (first, second) = (Cluster.Get(Sys), Cluster.Get(_second));
        first.Join(first.SelfAddress);
        second.Join(first.SelfAddress);

        await AwaitConditionAsync(() => Task.FromResult(ShardMembers.From(first.State) is { IsSettled: true, Members.Count: 2 }), Limit);

        var members = ShardMembers.From(first.State).Members;
        Assert.Equal(new ShardMembers.Node(1, IsStaying: true), members[first.SelfAddress]);
        Assert.Equal(new ShardMembers.Node(3, IsStaying: true), members[second.SelfAddress]);
    }

    protected override void AfterAll()
    {
        Shutdown(_second);
        base.AfterAll();
    }

    private static Config Configuration(params string[] roles) => ConfigurationFactory.ParseString($$"""
        akka {
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          cluster { roles = [{{string.Join(", ", roles)}}], gossip-interval = 100ms, leader-actions-interval = 100ms }
        }
        """);
}
