namespace Pomegranate.Simulation.Core;

/// <summary>A node's own clock: it starts anywhere and runs a little fast or slow. Its timestamps are microseconds.</summary>
/// <param name="now">The simulation's own time, µs.</param>
/// <param name="offset">µs.</param>
/// <param name="rate">Parts per million that it is fast, or slow where negative.</param>
internal sealed class NodeClock(Func<long> now, long offset, long rate) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000;

    public long Now
    {
        get
        {
            var time = now();
            return offset + time + (time * rate / 1_000_000);
        }
    }

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000).AddMicroseconds(Now);

    /// <summary>How long it takes in the simulation's time until this clock has gone on by so much.</summary>
    public long Real(long span) => span * 1_000_000 / (1_000_000 + rate);
}
