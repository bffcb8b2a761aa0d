using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Pomegranate.Liveness;

/// <summary>
/// Akka's own failure detector, which moreover knows the proven dead: unavailable from the moment of the proof,
/// whatever its heartbeats say. <c>Cluster.Down</c> alone would not do, because the leader removes only members that
/// are both down and unreachable. And it has patience with a node that has just begun.
/// </summary>
/// <remarks>
/// <para>
/// Named in pomegranate.conf and constructed by Akka. It derives from the phi accrual detector not only for its
/// judgement: Akka tells the monitored address to detectors of that type alone.
/// </para>
/// <para>
/// A node that starts compiles, copies sessions and is short of CPU: on a busy machine one was seen to be silent for 2 s
/// soon after it had joined, was downed, started again, and so on. It is home to nothing yet, so waiting costs little; that
/// it was killed is proven, not suspected. A longer pause never ends a <c>HomeLease</c> too late: that counts from the
/// shorter one.
/// </para>
/// </remarks>
internal sealed class DeathAwareFailureDetector : PhiAccrualFailureDetector
{
    /// <summary>So long after its first heartbeat a node has just begun.</summary>
    private static readonly TimeSpan Beginning = TimeSpan.FromSeconds(10);

    /// <summary>How many times the acceptable pause is accepted of a node that has just begun.</summary>
    private const int Patience = 3;

    private readonly ProvenDeaths _deaths;
    private readonly TimeProvider _time;
    private readonly TimeSpan _pause;
    private long _first;
    private long _last;

    public DeathAwareFailureDetector(Config config, EventStream eventStream)
        : this(config, eventStream, TimeProvider.System)
    {
    }

    /// <param name="time">For the patience; the judgement has a clock of its own.</param>
    internal DeathAwareFailureDetector(Config config, EventStream eventStream, TimeProvider time)
        : base(config, eventStream)
    {
        _deaths = ProvenDeaths.Of(eventStream);
        _time = time;
        _pause = config.GetTimeSpan("acceptable-heartbeat-pause") * Patience;
    }

    public override bool IsAvailable => !_deaths.Contains(Address) && (base.IsAvailable || HasJustBegunAndSpoken);

    private bool HasJustBegunAndSpoken =>
        _time.GetElapsedTime(Volatile.Read(ref _first)) < Beginning && _time.GetElapsedTime(Volatile.Read(ref _last)) < _pause;

    public override void HeartBeat()
    {
        var now = _time.GetTimestamp();
        if (!IsMonitoring)
        {
            Volatile.Write(ref _first, now);
        }

        Volatile.Write(ref _last, now);
        base.HeartBeat();
    }
}
