using System.Diagnostics;

namespace Pomegranate.Bench.Profiling;

/// <summary>Samples of call stacks taken by Linux's perf.</summary>
internal static class PerfSamples
{
    private const int PerSecond = 499;

    /// <summary>How the runtime must have been started for perf to know the names of compiled C#.</summary>
    public static (string Name, string Value)[] Environment { get; } =
    [
        ("DOTNET_PerfMapEnabled", "1"),

        // Code mapped twice has a name nobody can look up.
        ("DOTNET_EnableWriteXorExecute", "0"),
    ];

    public static async Task<IReadOnlyList<Sample>> TakeAsync(IEnumerable<int> pids, TimeSpan duration, string file)
    {
        await RunAsync("record", "-q", "-F", $"{PerSecond}", "-g", "-e", "cpu-clock", "-p", string.Join(',', pids), "-o", file, "--", "sleep", $"{duration.TotalSeconds:0}");
        var samples = new List<Sample>();
        (int Pid, string Thread)? head = null;
        var frames = new List<Frame>();
        var parsed = new Dictionary<string, Frame>();
        var script = await RunAsync("script", "-i", file, "-F", "comm,pid,tid,ip,sym,dso");
        foreach (var line in script.Split('\n'))
        {
            if (line.Length == 0)
            {
                if (head is { } of && frames.Count > 0)
                {
                    samples.Add(new Sample(of.Pid, of.Thread, [.. frames]));
                }

                (head, frames) = (null, []);
            }
            else if (head is null)
            {
                // ".NET TP Worker  9600/9644": the thread's name may hold spaces.
                var ids = line.TrimEnd(' ', ':').LastIndexOf(' ') is var space && space > 0 ? line[(space + 1)..] : line;
                head = int.TryParse(ids.Split('/')[0], out var pid) ? (pid, line[..Math.Max(0, space)].Trim()) : (0, line);
            }
            else
            {
                // An address differs where the symbol does not.
                var key = line.AsSpan().Trim().ToString();
                key = key[(key.IndexOf(' ', StringComparison.Ordinal) + 1)..];
                if (!parsed.TryGetValue(key, out var frame))
                {
                    parsed[key] = frame = Frame.Parse(line);
                }

                frames.Add(frame);
            }
        }

        return samples;
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var perf = Process.Start(new ProcessStartInfo("perf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new BenchException("perf does not start. Install Debian's linux-perf.");
        var errors = perf.StandardError.ReadToEndAsync();
        var output = await perf.StandardOutput.ReadToEndAsync();
        await perf.WaitForExitAsync();
        return perf.ExitCode == 0 ? output : throw new BenchException($"perf {arguments[0]}: {await errors} (It may need root, or kernel.perf_event_paranoid = 1.)");
    }
}
