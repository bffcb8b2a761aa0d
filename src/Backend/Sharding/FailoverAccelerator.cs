using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Liveness;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Ends the waits of Akka's sharding that a backend's death otherwise costs. Runs on every backend and speaks only to
/// what is on the same node: the shard coordinator, if it is here, its singleton manager, and the node's own region.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The coordinator moves, and a dead backend's shards are given away, when the member has been removed, which
/// takes the agreement of all. Where this node has itself proven the death and sees the member unreachable, it need not
/// be waited for: the process cannot run anything any more. The singleton manager and the region are told that the
/// member is removed, the coordinator what a region tells it that has stopped. Not before it is unreachable: the
/// replicator would ask the dead node for its acknowledgement first, and wait. Nor where a majority of the backends needs
/// the dead one: of two, the one left waits for the removal.</item>
/// <item>A new coordinator that has read its state waits a fixed 500 ms for news of regions that died with its
/// predecessor (ShardCoordinator.WatchStateActors). That has been said, so the internal message that ends the wait is
/// sent early. In every other state the coordinator ignores it.</item>
/// <item>A shard that is being moved away from the node that dies waits for the whole hand-off timeout: the rebalance
/// worker counts the region's death as its consent, and then asks the dead region to hand off. It is told of the death
/// again: then it knows that the shard has stopped. (Not by an early timeout: a worker that gives up while a living region
/// hands off gave the shard two homes.)</item>
/// <item>The coordinator gives a dead backend's shards away one by one, each with a write to a majority, and not before
/// somebody asks for it. It is asked for all as soon as it answers for one, and keeps the questions until their turn:
/// when the frontends have found it and ask, most shards have their homes.</item>
/// <item>The region looks for a new coordinator every 100 ms.</item>
/// </list>
/// Where an Akka release renames one of the messages, a warning is logged and its wait is back. What each wait costs:
/// docs/failover.md, "One failover, taken apart".
/// </remarks>
internal sealed class FailoverAccelerator : ReceiveActor, IWithTimers
{
    /// <summary>Long enough for a coordinator to move and to read its state.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>How often a backend that has just joined is asked for its region.</summary>
    private static readonly TimeSpan IdentifyInterval = TimeSpan.FromMilliseconds(500);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly HashSet<UniqueAddress> _proven = [];
    private readonly HashSet<UniqueAddress> _dead = [];

    /// <summary>
    /// As the events told it: the cluster's own read view is kept by another actor and may lag behind them, so that
    /// whichever of proof and unreachability came last would not see the first.
    /// </summary>
    private readonly Dictionary<UniqueAddress, Member> _unreachable = [];

    /// <summary>The other backends' regions: the coordinator knows them by their incarnation, not by their path.</summary>
    private readonly Dictionary<UniqueAddress, IActorRef?> _regions = [];

    /// <summary>Of the members that were removed since the hurry began.</summary>
    private readonly List<IActorRef> _removedRegions = [];
    private readonly string _regionPath;
    private readonly ActorSelection _singleton;
    private readonly ActorSelection _singletonsBuffer;
    private readonly ActorSelection _coordinator;
    private readonly ActorSelection _rebalanceWorkers;
    private readonly IActorRef _region;
    private readonly IReadOnlyList<string> _shards;
    private readonly string _role;
    private int _left;
    private bool _hasHurried;

    /// <summary>The shards whose home, among those that live, is not known in this hurry.</summary>
    private readonly HashSet<string> _homeless = [];

    /// <summary>The one of them that is asked for at each tick.</summary>
    private string? _asked;

    /// <param name="app">The app this backend runs: its shards have a coordinator of their own.</param>
    /// <param name="region">This node's own region.</param>
    /// <param name="shards">All shards.</param>
    public FailoverAccelerator(string app, IActorRef region, IReadOnlyList<string> shards)
    {
        _shards = shards;
        var type = AppName.ShardTypeOf(app);
        var singleton = $"/system/sharding/{type}Coordinator";
        var coordinator = $"{singleton}/singleton/coordinator";
        _role = AppName.RoleOf(app);
        _regionPath = $"/system/sharding/{type}";
        _singleton = Context.ActorSelection(singleton);
        _singletonsBuffer = Context.ActorSelection($"{singleton}/*");
        _coordinator = Context.ActorSelection(coordinator);
        _rebalanceWorkers = Context.ActorSelection($"{coordinator}/*");
        _region = region;
        if (ShardingInternals.Missing() is { Count: > 0 } missing)
        {
            Context.GetLogger().Warning("This Akka.Cluster.Sharding lacks {0}: failovers take longer.", string.Join(", ", missing));
        }

        Receive<DeathProven>(death =>
        {
            _proven.Add(death.Node);
            LookForDead();
        });
        Receive<ClusterEvent.UnreachableMember>(lost =>
        {
            _unreachable[lost.Member.UniqueAddress] = lost.Member;
            LookForDead();
        });
        Receive<ClusterEvent.ReachableMember>(back =>
        {
            _unreachable.Remove(back.Member.UniqueAddress);
            LookForDead();
        });
        Receive<ClusterEvent.MemberRemoved>(removed => OnRemoved(removed.Member));
        Receive<ClusterEvent.MemberUp>(up => OnUp(up.Member));
        Receive<ClusterEvent.IClusterDomainEvent>(_ => { });
        Receive<ActorIdentity>(OnIdentity);
        Receive<WhichRegions>(_ => Sender.Tell(new KnownRegions([.. _regions.Where(known => known.Value is not null).Select(known => known.Key)], _left > 0, _hasHurried)));
        Receive<Look>(_ => IdentifyRegions());
        Receive<Tick>(_ => OnTick());
        Receive<object>(message => ShardingInternals.ShardOfHome(message) is not null, OnHome);
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, TimeSpan.Zero, IdentifyInterval);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string app, IActorRef region, IReadOnlyList<string> shards) =>
        Akka.Actor.Props.Create(() => new FailoverAccelerator(app, region, shards)).WithDispatcher("akka.actor.internal-dispatcher");

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self,
            ClusterEvent.InitialStateAsEvents,
            typeof(ClusterEvent.MemberUp),
            typeof(ClusterEvent.MemberRemoved),
            typeof(ClusterEvent.UnreachableMember),
            typeof(ClusterEvent.ReachableMember));
        Context.System.EventStream.Subscribe(Self, typeof(DeathProven));
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnUp(Member member)
    {
        if (member.HasRole(_role) && !member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _regions.TryAdd(member.UniqueAddress, null);
        }
    }

    private void IdentifyRegions()
    {
        foreach (var node in _regions.Where(known => known.Value is null).Select(known => known.Key))
        {
            Context.ActorSelection(new RootActorPath(node.Address) + _regionPath).Tell(new Identify(node.ToString()));
        }
    }

    private void OnIdentity(ActorIdentity identity)
    {
        if (identity is { MessageId: string name, Subject: { } region } && _regions.Keys.FirstOrDefault(node => node.ToString() == name) is { } known)
        {
            _regions[known] = region;
        }
    }

    private void LookForDead()
    {
        foreach (var member in _unreachable.Values.Where(member =>
            member.HasRole(_role) && _proven.Contains(member.UniqueAddress) && IsMajorityReachable() && _dead.Add(member.UniqueAddress)))
        {
            var removed = new ClusterEvent.MemberRemoved(member.Copy(MemberStatus.Removed), MemberStatus.Down);
            _singleton.Tell(removed, ActorRefs.NoSender);
            _singletonsBuffer.Tell(removed, ActorRefs.NoSender);
            _region.Tell(removed, ActorRefs.NoSender);
            Hurry();
        }
    }

    /// <summary>
    /// The coordinator reads and writes its state with a majority, in which the dead member counts until it is removed:
    /// of two backends the one left would wait for it, and go on waiting for a second after its removal.
    /// </summary>
    private bool IsMajorityReachable() =>
        BackendMajority.Lives(_role, _cluster.State.Members, member => _proven.Contains(member.UniqueAddress) || _unreachable.ContainsKey(member.UniqueAddress));

    private void OnRemoved(Member member)
    {
        _unreachable.Remove(member.UniqueAddress);
        if (member.HasRole(_role))
        {
            _proven.Remove(member.UniqueAddress);
            _dead.Remove(member.UniqueAddress);
            if (_regions.Remove(member.UniqueAddress, out var region) && region is not null)
            {
                _removedRegions.Add(region);
            }

            Hurry();
        }
    }

    private void Hurry()
    {
        _left = (int)(Duration / Interval);
        _hasHurried = true;
        _homeless.UnionWith(_shards);
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, Interval);
    }

    private void OnTick()
    {
        // Again and again: a coordinator that has just come here knows nothing before it has read its state.
        foreach (var dead in _dead.Select(node => _regions.GetValueOrDefault(node)).OfType<IActorRef>())
        {
            Tell(_coordinator, ShardingInternals.RegionStopped(dead));
            Tell(_rebalanceWorkers, ShardingInternals.RegionTerminated(dead));
        }

        _removedRegions.ForEach(removed => Tell(_rebalanceWorkers, ShardingInternals.RegionTerminated(removed)));

        Tell(_coordinator, ShardingInternals.StateInitialized);
        AskForHome();
        if (ShardingInternals.RegisterRetry is { } register)
        {
            _region.Tell(register, ActorRefs.NoSender);
        }

        if (--_left == 0)
        {
            Timers.Cancel(nameof(Tick));
            _removedRegions.Clear();
            _homeless.Clear();
        }
    }

    /// <summary>
    /// One at each tick: a coordinator that is not ready, or just moves this shard, does not answer, and one that waits
    /// for a write names the home it knew before.
    /// </summary>
    private void AskForHome()
    {
        _asked = _homeless.FirstOrDefault();
        if (_asked is not null)
        {
            Tell(_coordinator, ShardingInternals.GetShardHome(_asked), Self);
        }
    }

    private void OnHome(object home)
    {
        if (IsDead(ShardingInternals.RegionOfHome(home)) || ShardingInternals.ShardOfHome(home) is not { } shard || !_homeless.Remove(shard))
        {
            return;
        }

        // It is ready: from one write to the next it need not wait for this node. What it has been asked already it
        // keeps once.
        if (shard == _asked)
        {
            foreach (var other in _homeless)
            {
                Tell(_coordinator, ShardingInternals.GetShardHome(other), Self);
            }
        }
    }

    private bool IsDead(IActorRef? region) =>
        _removedRegions.Contains(region!) || _dead.Any(node => _regions.GetValueOrDefault(node)?.Equals(region) == true);

    private static void Tell(ActorSelection target, object? message, IActorRef? sender = null)
    {
        if (message is not null)
        {
            target.Tell(message, sender ?? ActorRefs.NoSender);
        }
    }

    /// <summary>For tests: answered by <see cref="KnownRegions"/>.</summary>
    internal sealed class WhichRegions
    {
        public static readonly WhichRegions Instance = new();
    }

    /// <summary>The backends whose regions are known, and whether a failover is being hurried, or has been.</summary>
    internal sealed record KnownRegions(IReadOnlyList<UniqueAddress> Nodes, bool IsInHurry, bool HasBeenInHurry) : INoSerializationVerificationNeeded;

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
