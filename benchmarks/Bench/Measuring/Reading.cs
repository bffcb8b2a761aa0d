using Pomegranate.Bench.Load;

namespace Pomegranate.Bench.Measuring;

/// <summary>One system under one load, once.</summary>
/// <param name="CpuByRole">Microseconds of CPU per request.</param>
/// <param name="MemoryByRole">Bytes at the end.</param>
/// <param name="OtherCores">What processes other than the system and its client used meanwhile, in cores.</param>
internal sealed record Reading(
    string System,
    string Load,
    int Round,
    double RequestsPerSecond,
    double MedianMs,
    double P99Ms,
    long Errors,
    IReadOnlyDictionary<string, double> CpuByRole,
    IReadOnlyDictionary<string, long> MemoryByRole,
    double OtherCores)
{
    /// <summary>More than this, and the machine was not ours.</summary>
    private const double MostOtherCores = 0.1;

    public double Cpu => CpuByRole.Values.Sum();

    public double MemoryMb => MemoryByRole.Values.Sum() / 1e6;

    public bool IsNoisy => OtherCores > MostOtherCores;

    public static Reading Of(string system, string load, int round, LoadResult result, Usage before, Usage after)
    {
        var seconds = (after.At - before.At).TotalSeconds;
        var cpu = after.Ticks.ToDictionary(t => t.Key, t => (t.Value - before.Ticks.GetValueOrDefault(t.Key)) * (1e6 / ProcFile.TicksPerSecond) / Math.Max(1, result.Requests));
        var system1 = after.Ticks.Sum(t => t.Value - before.Ticks.GetValueOrDefault(t.Key));
        var other = after.Machine - before.Machine - (after.Client - before.Client) - system1;
        return new Reading(
            system, load, round, result.Requests / result.Duration.TotalSeconds, result.Median.TotalMilliseconds, result.P99.TotalMilliseconds, result.Errors,
            cpu, after.Memory, Math.Max(0, other / (double)ProcFile.TicksPerSecond / seconds));
    }
}
