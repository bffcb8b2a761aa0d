using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Ends two waits of Akka's shard coordinator that a backend's death otherwise costs, for a second after a backend was
/// removed. Runs on every backend and speaks to the coordinator only where it is on the same node.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A new coordinator that has read its state waits a fixed 500 ms for news of regions that died with its
/// predecessor (ShardCoordinator.WatchStateActors). Here members are removed on proof of death before it starts, and it
/// leaves the regions of removed members out by itself, so the internal message that ends the wait is sent early. In
/// every other state the coordinator ignores it. Measured: 560 ms of the 1.4 s that a coordinator's death was felt.</item>
/// <item>A shard that is being moved away from the node that dies waits for the whole hand-off timeout: the rebalance
/// worker counts the region's death as its consent, and then asks the dead region to hand off. A timeout sent early
/// makes it give up, which is safe at any time: the shard's home is then looked up anew.</item>
/// </list>
/// Where an Akka release renames the first message, a warning is logged and its 500 ms are back.
/// </remarks>
internal sealed class FailoverAccelerator : ReceiveActor, IWithTimers
{
    private const int Attempts = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private int _left;

    /// <param name="app">The app this backend runs: its shards have a coordinator of their own.</param>
    public FailoverAccelerator(string app)
    {
        var role = AppName.RoleOf(app);
        var path = $"/system/sharding/{AppName.ShardTypeOf(app)}Coordinator/singleton/coordinator";
        var coordinator = Context.ActorSelection(path);
        var rebalanceWorkers = Context.ActorSelection($"{path}/*");
        var endOfWait = EndOfWait();
        if (endOfWait is null)
        {
            Context.GetLogger().Warning("This Akka.Cluster.Sharding has no ShardCoordinator.StateInitialized: a new shard coordinator waits its 500 ms.");
        }

        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            if (removed.Member.HasRole(role))
            {
                _left = Attempts;
                Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);
            }
        });
        Receive<Tick>(_ =>
        {
            if (endOfWait is not null)
            {
                coordinator.Tell(endOfWait, ActorRefs.NoSender);
            }

            rebalanceWorkers.Tell(ReceiveTimeout.Instance, ActorRefs.NoSender);
            if (--_left == 0)
            {
                Timers.Cancel(nameof(Tick));
            }
        });
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string app) => Akka.Actor.Props.Create(() => new FailoverAccelerator(app));

    protected override void PreStart() => _cluster.Subscribe(Self, typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private static object? EndOfWait() => typeof(ClusterSharding).Assembly
        .GetType("Akka.Cluster.Sharding.ShardCoordinator+StateInitialized")
        ?.GetField("Instance", BindingFlags.Public | BindingFlags.Static)
        ?.GetValue(null);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
