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
/// the same, the leader acts, the others hear of it. At the 100 ms of the intervals that took 200 ms of a failover. At 30 ms
/// gossip took an eighth of the CPU of six nodes on two cores while their shards moved. So a proven death that leaves a
/// majority of the app's backends, whose removal nothing waits for, makes a node tick only once with each piece of its
/// news (docs/failover.md). The ticks are the messages that Akka's own timers send, and may come at any time; where a release
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

    /// <summary>Proven dead by this node, and not yet removed.</summary>
    private readonly HashSet<UniqueAddress> _dead = [];
    private int _left;

    public MembershipPace()
    {
        if (_ticks.Length < 3)
        {
            Context.GetLogger().Warning("This Akka.Cluster has other ticks than was thought: changes of membership take their time.");
        }

        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            OnNews(removed.Member.UniqueAddress);
            _dead.Remove(removed.Member.UniqueAddress);
        });
        Receive<ClusterEvent.IMemberEvent>(change => OnNews(change.Member.UniqueAddress));
        Receive<ClusterEvent.ReachabilityEvent>(change => OnNews(change.Member.UniqueAddress));
        Receive<DeathProven>(death =>
        {
            _dead.Add(death.Node);
            OnNews(death.Node);
        });
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

    private void OnNews(UniqueAddress node)
    {
        if (_dead.Contains(node) && !IsRemovalAwaited(node))
        {
            SendTicks();
            return;
        }

        if (_left == 0)
        {
            Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, Interval);
        }

        _left = Ticks;
    }

    private bool IsRemovalAwaited(UniqueAddress dead)
    {
        var state = _cluster.State;
        var role = state.Members.FirstOrDefault(member => member.UniqueAddress.Equals(dead))?.Roles.FirstOrDefault(role => AppName.IsBackend([role]));
        return role is not null
            && !BackendMajority.Lives(role, state.Members, member => _dead.Contains(member.UniqueAddress) || state.Unreachable.Contains(member));
    }

    private void OnTick()
    {
        SendTicks();
        if (--_left == 0)
        {
            Timers.Cancel(nameof(Tick));
        }
    }

    private void SendTicks()
    {
        foreach (var tick in _ticks)
        {
            _daemon.Tell(tick, ActorRefs.NoSender);
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
