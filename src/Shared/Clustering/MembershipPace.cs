using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Liveness;

namespace Pomegranate.Clustering;

/// <summary>
/// Makes this node gossip faster for a moment whenever membership changes, or a death is proven. Between such moments
/// Akka's own intervals (pomegranate.conf) hold, which cost nearly nothing.
/// </summary>
/// <remarks>
/// A dead member is removed in steps that each wait for a tick of some node's: it is looked at, all have to have seen
/// the same, the leader acts, the others hear of it. At the 100 ms of the intervals that took 200 ms of a failover. At 10 ms
/// gossip took a fifth of the CPU of six nodes on two cores while their shards moved, and with three backends, where the
/// removal is not waited for, a kill was felt for longer; with two, where it is, 30 ms cost nothing that can be felt
/// (docs/failover.md). The ticks are the messages that Akka's own timers send, and may come at any time; where a release
/// renames them, a warning is logged and the 200 ms are back.
/// </remarks>
internal sealed class MembershipPace : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>.</summary>
    public const string Name = "membership-pace";

    /// <summary>How often, once something has changed; the first time at once.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(30);

    /// <summary>For half a second: all have agreed long before.</summary>
    private const int Ticks = 17;

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ActorSelection _daemon = Context.ActorSelection("/system/cluster/core/daemon");
    private readonly object[] _ticks = [.. new[] { "ReapUnreachableTick", "LeaderActionsTick", "GossipTick" }.Select(Find).OfType<object>()];
    private int _left;

    public MembershipPace()
    {
        if (_ticks.Length < 3)
        {
            Context.GetLogger().Warning("This Akka.Cluster has other ticks than was thought: changes of membership take their time.");
        }

        Receive<ClusterEvent.IMemberEvent>(_ => Hurry());
        Receive<ClusterEvent.IReachabilityEvent>(_ => Hurry());
        Receive<DeathProven>(_ => Hurry());
        Receive<Tick>(_ => OnTick());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props() => Akka.Actor.Props.Create(() => new MembershipPace()).WithDispatcher("akka.actor.internal-dispatcher");

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DeathProven));
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Hurry()
    {
        if (_left == 0)
        {
            Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, Interval);
        }

        _left = Ticks;
    }

    private void OnTick()
    {
        foreach (var tick in _ticks)
        {
            _daemon.Tell(tick, ActorRefs.NoSender);
        }

        if (--_left == 0)
        {
            Timers.Cancel(nameof(Tick));
        }
    }

    private static object? Find(string tick) => typeof(Cluster).Assembly
        .GetType($"Akka.Cluster.InternalClusterAction+{tick}")
        ?.GetProperty("Instance", BindingFlags.Public | BindingFlags.Static)
        ?.GetValue(null);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
