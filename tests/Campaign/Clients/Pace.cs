namespace Pomegranate.Campaign.Clients;

/// <summary>How long a client waits before its next operation. Thread-safe.</summary>
internal sealed class Pace
{
    private readonly RunClock? _clock;
    private readonly double _mean;
    private readonly Lock _lock = new();
    private double _next;

    private Pace(RunClock? clock, double mean) => (_clock, _mean) = (clock, mean);

    /// <summary>Each client by itself: about so long.</summary>
    public static Pace Thinking(TimeSpan mean) => new(null, mean.TotalMilliseconds);

    /// <summary>All clients together: so many operations a second, as far as they can.</summary>
    public static Pace Steady(double perSecond, RunClock clock) => new(clock, 1000 / perSecond);

    public TimeSpan Next(Random random)
    {
        if (_clock is null)
        {
            return TimeSpan.FromMilliseconds(_mean * random.NextDouble() * 2);
        }

        lock (_lock)
        {
            // What a pause has cost is not made up for: that would be more than the load asked for.
            var now = _clock.Now;
            _next = Math.Max(_next + _mean, now);
            return TimeSpan.FromMilliseconds(_next - now);
        }
    }
}
