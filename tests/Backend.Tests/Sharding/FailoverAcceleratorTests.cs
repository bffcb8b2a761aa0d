using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Liveness;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sharding;

/// <summary>
/// Two real nodes with Akka's own shard coordinator: the accelerator speaks to its insides, so only the real one can
/// show that it still listens. The waits that it ends are set far beyond the tests' deadline.
/// </summary>
[Collection(RealClusters.Name)]
public sealed class FailoverAcceleratorTests : IDisposable
{
    private const string EndlessWaits = """
        akka.cluster.sharding { handoff-timeout = 10m, rebalance-interval = 100ms }
        akka.loglevel = WARNING
        """;

    private readonly BackendSystem _coordinator = BackendSystem.Start(EndlessWaits);
    private readonly BackendSystem _dying = BackendSystem.Start(EndlessWaits);
    private readonly SessionId _id = SessionId.NewRandom();

    [Fact]
    public async Task ShardInMidMove_ItsNodeDies_AnswersAtItsNewHome()
    {
        await _coordinator.JoinAsync();
        await _dying.JoinAsync(_coordinator);
        var allocation = new DirectedAllocation(_dying.Address.Address);
        var region = StartRegion(_coordinator, allocation);
        var dying = StartRegion(_dying, allocation);
        _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region));
        Assert.Equal(_dying.Address.Address, await AskAsync(dying));
        Assert.Equal(_dying.Address.Address, await AskAsync(region));

        // The node hangs in its death throes while its shard is asked away: it consents no more.
        ((ExtendedActorSystem)_dying.System).Abort();
        await _dying.System.WhenTerminated.For("the node to be dead");
        await allocation.MoveEverythingAsync().For("the shard to be in mid-move");

        ProvenDeaths.Of(_coordinator.System.EventStream).Add(_dying.Address);
        _coordinator.Cluster.Down(_dying.Address.Address);

        Assert.Equal(_coordinator.Address.Address, await AskAsync(region));
    }

    [Fact]
    public async Task Start_ThisAkka_StillHasTheMessages()
    {
        var warnings = new List<object>();
        await _coordinator.JoinAsync();
        var ears = _coordinator.System.ActorOf(Props.Create(() => new Ears(warnings)));
        _coordinator.System.EventStream.Subscribe(ears, typeof(Warning));

        var accelerator = _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, ActorRefs.Nobody));
        await accelerator.Ask<ActorIdentity>(new Identify(1), Deadline.Default);
        await ears.Ask<ActorIdentity>(new Identify(1), Deadline.Default);

        Assert.DoesNotContain(warnings, warning => warning.ToString()!.Contains("lacks", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _coordinator.Dispose();
        _dying.Dispose();
    }

    private static IActorRef StartRegion(BackendSystem node, IShardAllocationStrategy allocation) => ClusterSharding.Get(node.System).Start(
        AppName.ShardTypeOf(AppName.Default),
        _ => Props.Create(() => new WhereAmI()),
        ClusterShardingSettings.Create(node.System),
        new SessionSharding(1),
        allocation,
        PoisonPill.Instance);

    private async Task<Address> AskAsync(IActorRef region) =>
        await region.Ask<Address>(new FindRequest(new RequestId(1, 1), _id), Deadline.Default);

    /// <summary>A session's home that says which node it is on.</summary>
    private sealed class WhereAmI : ReceiveActor
    {
        public WhereAmI() => Receive<FindRequest>(_ => Sender.Tell(Akka.Cluster.Cluster.Get(Context.System).SelfAddress));
    }

    private sealed class Ears : ReceiveActor
    {
        public Ears(List<object> heard) => ReceiveAny(heard.Add);
    }

    /// <summary>Allocates to one node while it lives, and moves its shard away when the test says so.</summary>
    private sealed class DirectedAllocation(Address first) : IShardAllocationStrategy
    {
        private readonly TaskCompletionSource _moving = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _moves;

        public Task MoveEverythingAsync()
        {
            _moves = true;
            return _moving.Task;
        }

        public Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
            Task.FromResult(_moves ? requester : currentShardAllocations.Keys.FirstOrDefault(region => region.Path.Address.Equals(first)) ?? requester);

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
        {
            if (rebalanceInProgress.Count > 0)
            {
                _moving.TrySetResult();
            }

            return Task.FromResult<IImmutableSet<string>>(_moves && rebalanceInProgress.Count == 0 ? ["0"] : ImmutableHashSet<string>.Empty);
        }
    }
}
