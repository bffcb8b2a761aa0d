using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Spares a new shard coordinator half a second. Having read its state, Akka's coordinator waits a fixed 500 ms for
/// news of regions that died with its predecessor; here members are removed on proof of death before it starts, and it
/// leaves regions of removed members out anyway.
/// </summary>
/// <remarks>
/// The end of that wait is an internal message with no setting (ShardCoordinator.WatchStateActors): it is sent early,
/// to the coordinator on this node, for a second after a backend was removed. In every other state of the coordinator
/// the message is unhandled. Measured: 560 ms of the 1.4 s that the death of a coordinator's node was felt. Where an
/// Akka release renames the message, nothing is sent, a warning is logged, and the 500 ms are back.
/// </remarks>
internal sealed class CoordinatorTakeover : ReceiveActor, IWithTimers
{
    private const int Attempts = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private int _left;

    public CoordinatorTakeover()
    {
        var coordinator = Context.ActorSelection($"/system/sharding/{SessionSharding.TypeName}Coordinator/singleton/coordinator");
        var message = EndOfWait();
        if (message is null)
        {
            Context.GetLogger().Warning("This Akka.Cluster.Sharding has no ShardCoordinator.StateInitialized: a new shard coordinator waits its 500 ms.");
            return;
        }

        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            if (removed.Member.HasRole(NodeRole.Backend))
            {
                _left = Attempts;
                Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);
            }
        });
        Receive<Tick>(_ =>
        {
            coordinator.Tell(message);
            if (--_left == 0)
            {
                Timers.Cancel(nameof(Tick));
            }
        });
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

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
