namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The time that sessions live by, for stamps, expiry and the horizon: the cluster's, not this host's. Thread-safe.
/// </summary>
/// <remarks>
/// A horizon is merged by maximum on every backend, so one whose clock is set two hours ahead would have all sessions of
/// the cluster forgotten, and one set back would stamp new sessions before the horizon: acknowledged and gone. So the
/// host's clock is asked once, when the node starts; from then on time only passes, whatever the clock is set to. And a
/// backend that joins takes the time of those that are there (<see cref="Adopt"/>).
/// Time in which a virtual machine is suspended does not count.
/// </remarks>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _atStart = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Unix milliseconds, as the cluster counts them.</summary>
    public long Now => Interlocked.Read(ref _atStart) + Elapsed;

    private long Elapsed => (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Takes another node's time for its own; only before sessions are served here.</summary>
    /// <returns>By how many ms this clock has moved.</returns>
    public long Adopt(long now)
    {
        var atStart = now - Elapsed;
        return atStart - Interlocked.Exchange(ref _atStart, atStart);
    }
}
