namespace Pomegranate.Bench.Profiling;

/// <summary>Where a thread was at one moment. The stack begins where the time was spent.</summary>
internal sealed record Sample(int Pid, string Thread, IReadOnlyList<Frame> Stack)
{
    public string Component { get; } = Profiling.Component.Of(Thread, Stack);

    public Kind Kind { get; } = KindOf(Stack);

    private static Kind KindOf(IReadOnlyList<Frame> stack)
    {
        if (stack[0].IsKernel)
        {
            return stack.TakeWhile(f => f.IsKernel).Any(f => f.Symbol.Contains("futex", StringComparison.Ordinal)
                || f.Symbol is "schedule" or "__schedule" or "__x64_sys_sched_yield" or "ep_poll")
                ? Kind.Switching
                : Kind.Kernel;
        }

        return stack[0].IsManaged ? Kind.Managed : Kind.Native;
    }
}
