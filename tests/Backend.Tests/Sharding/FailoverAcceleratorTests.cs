using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using Pomegranate.Backend.Sessions;
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
        pomegranate.partitions.stable-after = 10m
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
        var allocation = new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address);
        var region = StartRegion(_coordinator, allocation);
        var dying = StartRegion(_dying, allocation);
        _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region, new SessionSharding(1).Names));
        Assert.Equal(_dying.Address.Address, await AskAsync(dying));
        Assert.Equal(_dying.Address.Address, await AskAsync(region));

        // The node hangs in its death throes while its shard is asked away: it consents no more.
        ((ExtendedActorSystem)_dying.System).Abort();
        await _dying.System.WhenTerminated.For("the node to be dead");
        await allocation.MoveEverythingAsync().For("the shard to be in mid-move");

        ProvenDeaths.Of(_coordinator.System.EventStream).Add(_dying.Address);
        _coordinator.Cluster.Down(_dying.Address.Address);

        await AnswersAsync(region, from: _coordinator);
    }

    [Fact]
    public async Task BackendDead_ProvenNotRemoved_ItsShardAnswersAtItsNewHome()
    {
        using var third = await ThreeAsync();
        var region = StartRegion(_coordinator, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        var dying = StartRegion(_dying, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        StartRegion(third, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        var accelerator = _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region, new SessionSharding(1).Names));
        Assert.Equal(_dying.Address.Address, await AskAsync(dying));
        Assert.Equal(_dying.Address.Address, await AskAsync(region));
        await KnowsRegionAsync(accelerator, _dying);

        await DieAsync(_dying);
        await ProveAsync(_coordinator, _dying);

        await AnswersAsync(region, from: _coordinator);
        Assert.Contains(_coordinator.Cluster.State.Members, member => member.UniqueAddress.Equals(_dying.Address));
    }

    [Fact]
    public async Task ShardInMidMoveFromALivingNode_AnotherIsRemoved_TheMoveIsNotCutShort()
    {
        using var third = await ThreeAsync();
        var mayStop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var allocation = new DirectedAllocation(_coordinator.Address.Address, third.Address.Address, _coordinator.Address.Address);
        var region = StartRegion(_coordinator, allocation);
        StartRegion(_dying, allocation);
        var moving = StartRegion(third, allocation, mayStop.Task);
        var accelerator = _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region, new SessionSharding(1).Names));
        Assert.Equal(third.Address.Address, await AskAsync(moving));
        Assert.Equal(third.Address.Address, await AskAsync(region));
        await KnowsRegionAsync(accelerator, _dying);
        var warnings = new List<object>();
        var ears = _coordinator.System.ActorOf(Props.Create(() => new Ears(warnings)));
        _coordinator.System.EventStream.Subscribe(ears, typeof(Warning));

        await allocation.MoveEverythingAsync().For("the shard to be in mid-move");
        await DieAsync(_dying);
        ProvenDeaths.Of(_coordinator.System.EventStream).Add(_dying.Address);
        ProvenDeaths.Of(third.System.EventStream).Add(_dying.Address);
        _coordinator.Cluster.Down(_dying.Address.Address);
        await Eventually.AwaitAsync("the dead to be removed and the hurry over", async () =>
            _coordinator.Cluster.State.Members.Count == 2
            && await accelerator.Ask<FailoverAccelerator.KnownRegions>(FailoverAccelerator.WhichRegions.Instance, Deadline.Default) is { IsInHurry: false, HasBeenInHurry: true });

        await ears.Ask<ActorIdentity>(new Identify(1), Deadline.Default);
        Assert.DoesNotContain(warnings, warning => warning.ToString()!.Contains("deallocation", StringComparison.Ordinal));
        mayStop.SetResult();
        await AnswersAsync(region, from: _coordinator);
    }

    [Fact]
    public async Task BackendDead_ProvenNotRemoved_ItsShardHasAHomeBeforeAnybodyAsks()
    {
        using var third = await ThreeAsync();
        var region = StartRegion(_coordinator, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        var dying = StartRegion(_dying, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        var other = StartRegion(third, new DirectedAllocation(_coordinator.Address.Address, _dying.Address.Address, _coordinator.Address.Address));
        var accelerator = _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region, new SessionSharding(1).Names));
        Assert.Equal(_dying.Address.Address, await AskAsync(dying));
        await KnowsRegionAsync(accelerator, _dying);

        await DieAsync(_dying);
        await ProveAsync(_coordinator, _dying);

        await Eventually.AwaitAsync("the shard to be at home on a backend that lives", async () =>
        {
            var states = await Task.WhenAll(new[] { region, other }.Select(r => r.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, Deadline.Default)));
            return states.Any(state => state.Shards.Count == 1);
        });
    }

    [Fact]
    public async Task CoordinatorDead_ProvenNotRemoved_TheNextOneTakesOver()
    {
        using var third = await ThreeAsync();
        var oldest = StartRegion(_coordinator, new DirectedAllocation(_coordinator.Address.Address, _coordinator.Address.Address, _dying.Address.Address));
        var region = StartRegion(_dying, new DirectedAllocation(_dying.Address.Address, _coordinator.Address.Address, _dying.Address.Address));
        StartRegion(third, new DirectedAllocation(third.Address.Address, _coordinator.Address.Address, _dying.Address.Address));
        var accelerator = _dying.System.ActorOf(FailoverAccelerator.Props(AppName.Default, region, new SessionSharding(1).Names));
        Assert.Equal(_coordinator.Address.Address, await AskAsync(oldest));
        Assert.Equal(_coordinator.Address.Address, await AskAsync(region));
        await KnowsRegionAsync(accelerator, _coordinator);

        // Here the oldest dies, and with it the coordinator.
        await DieAsync(_coordinator);
        await ProveAsync(_dying, _coordinator);

        await AnswersAsync(region, from: _dying);
        Assert.Contains(_dying.Cluster.State.Members, member => member.UniqueAddress.Equals(_coordinator.Address));
    }

    [Fact]
    public async Task Start_ThisAkka_StillHasTheMessages()
    {
        var warnings = new List<object>();
        await _coordinator.JoinAsync();
        var ears = _coordinator.System.ActorOf(Props.Create(() => new Ears(warnings)));
        _coordinator.System.EventStream.Subscribe(ears, typeof(Warning));

        var accelerator = _coordinator.System.ActorOf(FailoverAccelerator.Props(AppName.Default, ActorRefs.Nobody, []));
        await accelerator.Ask<ActorIdentity>(new Identify(1), Deadline.Default);
        await ears.Ask<ActorIdentity>(new Identify(1), Deadline.Default);

        Assert.DoesNotContain(warnings, warning => warning.ToString()!.Contains("lacks", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _coordinator.Dispose();
        _dying.Dispose();
    }

    /// <summary>With a third backend: the coordinator's state needs a majority, which the dead one is not to be part of.</summary>
    private async Task<BackendSystem> ThreeAsync()
    {
        var third = BackendSystem.Start(EndlessWaits);
        await _coordinator.JoinAsync();
        await _dying.JoinAsync(_coordinator);
        await third.JoinAsync(_coordinator);
        foreach (var node in new[] { _coordinator, _dying, third })
        {
            await Eventually.AwaitAsync(
                $"{node.Address} to see three backends Up", () => Task.FromResult(node.Cluster.State.Members.Count(member => member.Status == MemberStatus.Up) == 3));
        }

        return third;
    }

    /// <summary>It looks for the others' regions twice a second.</summary>
    private static Task KnowsRegionAsync(IActorRef accelerator, BackendSystem of) => Eventually.AwaitAsync(
        $"the accelerator to know the region of {of.Address}",
        async () => (await accelerator.Ask<FailoverAccelerator.KnownRegions>(FailoverAccelerator.WhichRegions.Instance, Deadline.Default)).Nodes.Contains(of.Address));

    private static async Task DieAsync(BackendSystem node)
    {
        ((ExtendedActorSystem)node.System).Abort();
        await node.System.WhenTerminated.For("the node to be dead");
    }

    /// <summary>What the liveness actor does, but that it does not down the member: it is never removed.</summary>
    private static async Task ProveAsync(BackendSystem node, BackendSystem dead)
    {
        ProvenDeaths.Of(node.System.EventStream).Add(dead.Address);
        if (!node.Cluster.FailureDetector.IsMonitoring(dead.Address.Address))
        {
            node.Cluster.FailureDetector.Heartbeat(dead.Address.Address);
        }

        node.System.EventStream.Publish(new DeathProven(dead.Address, DeathEvidence.Refused));
        await Eventually.AwaitAsync(
            "the dead to be unreachable", () => Task.FromResult(node.Cluster.State.Unreachable.Any(member => member.UniqueAddress.Equals(dead.Address))));
    }

    /// <summary>As a frontend does it: the region is made to ask anew, until the answer comes from there.</summary>
    private Task AnswersAsync(IActorRef region, BackendSystem from) => Eventually.AwaitAsync($"the shard at home on {from.Address}", async () =>
    {
        region.Tell(ForgetHome.Of(new SessionSharding(1).ShardOf(_id))!, ActorRefs.NoSender);
        try
        {
            return Address.Parse(await region.Ask<string>(new FindRequest(new RequestId(1, 1), _id), TimeSpan.FromMilliseconds(300))).Equals(from.Address.Address);
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    });

    /// <param name="mayStop">What its sessions wait for when the shard is handed off.</param>
    private static IActorRef StartRegion(BackendSystem node, IShardAllocationStrategy allocation, Task? mayStop = null) => ClusterSharding.Get(node.System).Start(
        AppName.ShardTypeOf(AppName.Default),
        _ => Props.Create(() => new WhereAmI(mayStop ?? Task.CompletedTask)),
        ClusterShardingSettings.Create(node.System),
        new SessionSharding(1),
        allocation,
        SessionActor.Stop.Instance);

    private async Task<Address> AskAsync(IActorRef region) =>
        Address.Parse(await region.Ask<string>(new FindRequest(new RequestId(1, 1), _id), Deadline.Default));

    /// <summary>A session's home that says which node it is on.</summary>
    private sealed class WhereAmI : ReceiveActor
    {
        public WhereAmI(Task mayStop)
        {
            Receive<FindRequest>(_ => Sender.Tell(Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString()));
            Receive<SessionActor.Stop>(_ => mayStop.PipeTo(Self, success: () => PoisonPill.Instance));
        }
    }

    private sealed class Ears : ReceiveActor
    {
        public Ears(List<object> heard) => ReceiveAny(heard.Add);
    }

    /// <summary>Allocates to one node while it lives, then to another, and moves its shard there when the test says so.</summary>
    private sealed class DirectedAllocation(Address coordinator, Address first, Address then) : IShardAllocationStrategy
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
            Task.FromResult((_moves ? null : currentShardAllocations.Keys.FirstOrDefault(region => IsOn(region, first)))
                ?? currentShardAllocations.Keys.First(region => IsOn(region, then)));

        private bool IsOn(IActorRef region, Address node) => (region.Path.Address.HasLocalScope ? coordinator : region.Path.Address).Equals(node);

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
