using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a node that was let in by one whom the others had gone on without: they know nothing of it, ignore its gossip, and
/// it would wait for ever to become Up. Found by the simulator. It serves nothing yet, so nothing is lost, and started
/// again it asks another.
/// </summary>
internal sealed class StrandedWatch : ReceiveActor, IWithTimers
{
    /// <summary>
    /// Far longer than joining takes where everybody is reachable, and longer than the others take to go on without one that is
    /// not. Whether somebody is unreachable this node cannot tell: what it was told when it was let in may be stale for ever.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeProvider _time;
    private long? _waitsSince;

    public StrandedWatch(TimeSpan interval, TimeProvider time)
    {
        _time = time;
        Receive<Look>(_ => OnLook());
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, interval);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="interval">How often it looks, at most <see cref="Patience"/>.</param>
    public static Props Props(TimeSpan interval, TimeProvider time) => Akka.Actor.Props.Create(() => new StrandedWatch(interval, time));

    private void OnLook()
    {
        var self = _cluster.State.Members.FirstOrDefault(m => m.UniqueAddress.Equals(_cluster.SelfUniqueAddress));
        if (self?.Status is MemberStatus.Up)
        {
            Context.Stop(Self);
            return;
        }

        if (self?.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp))
        {
            _waitsSince = null;
            return;
        }

        _waitsSince ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(_waitsSince.Value) >= Patience)
        {
            _log.Error(
                "This node was let in {0:0} s ago and is still not Up: who let it in was itself left out by the others, or they cannot agree. "
                + "It ends, to be started again and to ask another seed.",
                Patience.TotalSeconds);
            SelfDowning.End(Context.System);
            Context.Stop(Self);
        }
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
