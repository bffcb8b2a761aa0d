using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Measuring;

/// <summary>What a system and the machine have used up to a moment; two of them make a measurement.</summary>
internal sealed record Usage(DateTime At, IReadOnlyDictionary<string, long> Ticks, IReadOnlyDictionary<string, long> Memory, long Machine, long Client)
{
    /// <summary>The load makes <see cref="Client"/>: our own process, and wrk, which is its only child that ends.</summary>
    public static Usage Of(BenchSystem system)
    {
        var ticks = new Dictionary<string, long>();
        var memory = new Dictionary<string, long>();
        foreach (var (role, pid) in system.Processes)
        {
            if (ProcFile.Times(pid) is null)
            {
                throw new BenchException($"{system.Name}'s {role} has ended while it was measured. Its log may say why: run with --keep. A machine with too little CPU left makes nodes declare each other dead.");
            }

            var tree = ProcFile.Tree(pid);
            ticks[role] = tree.Sum(p => ProcFile.Times(p) is { } t ? t.Own + (p == pid ? t.Reaped : 0) : 0);
            memory[role] = tree.Sum(ProcFile.Memory);
        }

        var own = ProcFile.Times(Environment.ProcessId)!.Value;
        return new Usage(DateTime.UtcNow, ticks, memory, ProcFile.MachineBusy(), own.Own + own.Reaped);
    }
}
