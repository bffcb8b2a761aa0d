using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace Pomegranate.Bench.Profiling;

/// <summary>What a process allocates, as the runtime tells it: one event per 100 KB, with the type and the stack.</summary>
internal static class AllocationSamples
{
    /// <summary>Bytes by component, by type, and by type with the method nearest to the allocation that is not the framework's.</summary>
    public static async Task<IReadOnlyList<Allocation>> TakeAsync(int pid, TimeSpan duration, string file)
    {
        // GC at verbose level is what ticks; the other two let the reader name methods afterwards.
        var keywords = ClrTraceEventParser.Keywords.GC | ClrTraceEventParser.Keywords.Loader | ClrTraceEventParser.Keywords.Jit;
        var client = new DiagnosticsClient(pid);
        using (var session = await client.StartEventPipeSessionAsync(
            [new EventPipeProvider("Microsoft-Windows-DotNETRuntime", System.Diagnostics.Tracing.EventLevel.Verbose, (long)keywords)], true, 256, CancellationToken.None))
        {
            await using var stream = File.Create(file);
            var copy = session.EventStream.CopyToAsync(stream);
            await Task.Delay(duration);
            await session.StopAsync(CancellationToken.None);
            await copy;
        }

        using var log = new TraceLog(TraceLog.CreateFromEventPipeDataFile(file));
        return [.. log.Events.OfType<GCAllocationTickTraceData>().Select(tick => Of(tick))];
    }

    private static Allocation Of(GCAllocationTickTraceData tick)
    {
        List<Frame> stack = [];
        for (var caller = tick.CallStack(); caller is not null; caller = caller.Caller)
        {
            stack.Add(FrameOf(caller.CodeAddress));
        }

        var site = stack.FirstOrDefault(f => f.IsManaged && !f.Assembly.StartsWith("System.", StringComparison.Ordinal)) ?? stack.FirstOrDefault();
        return new Allocation(tick.TypeName, Component.Of("", stack), site?.Name ?? "?", tick.AllocationAmount64);
    }

    // "Akka.Actor.ActorCell.Invoke(value class Akka.Actor.Envelope)"
    private static Frame FrameOf(TraceCodeAddress address)
    {
        var name = address.FullMethodName;
        var bracket = name.IndexOf('(', StringComparison.Ordinal);
        name = bracket < 0 ? name : name[..bracket];
        var dot = name.LastIndexOf('.');
        return dot <= 0
            ? new Frame(name, "", address.ModuleName, "", name)
            : new Frame(name, "", address.ModuleName, name[..dot].TrimEnd('.'), name[(dot + 1)..]);
    }
}
