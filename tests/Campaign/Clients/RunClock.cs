using System.Diagnostics;

namespace Pomegranate.Campaign.Clients;

/// <summary>The run's time and its operations' numbers: one of each for all clients, or the history would have no order.</summary>
internal sealed class RunClock
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _operations;

    /// <summary>ms since the run began.</summary>
    public double Now => Math.Round(Stopwatch.GetElapsedTime(_began).TotalMilliseconds, 3);

    public long NextOperation() => Interlocked.Increment(ref _operations);
}
