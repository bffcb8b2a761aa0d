using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pomegranate.Bench.Load;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Timelines;

/// <summary>
/// Takes failovers apart: a backend gets a signal under load, and each step by which the others go on is read from
/// their logs, in milliseconds since the signal. The log's own milliseconds are the precision.
/// </summary>
internal sealed class FailoverTimeline(TimelineOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public async Task RunAsync()
    {
        Directory.CreateDirectory(options.Out);
        var work = Directory.CreateTempSubdirectory("bench-").FullName;
        var report = new Report($"A failover, taken apart: {options.Fault}");
        await using var system = new PomegranateSystem(
            Path.Combine(work, "cluster"), options.Backends, options.Frontends,
            environment: [("Logging__LogLevel__Pomegranate", "Debug"), .. options.Settings.Select(s => s.Split('=', 2)).Select(s => (s[0].Replace(":", "__", StringComparison.Ordinal), s[1]))]);
        await system.StartAsync();
        var cookies = Path.Combine(work, "cookies");
        await SessionMaker.MakeAsync(system.Url, "/counter", options.Sessions, cookies);
        await using var sessions = new CountingSessions([.. system.FrontendUrls], await File.ReadAllLinesAsync(cookies));
        await Task.Delay(TimeSpan.FromSeconds(10));
        report.Say($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores shared by client and nodes; {options.Sessions} sessions, {options.Backends} backends, {options.Frontends} frontends. {string.Join(' ', options.Settings)}");

        var ends = TimelineStep.All.ToDictionary(step => step.Name, _ => new List<double>());
        var pauses = new List<double>();
        for (var run = 1; run <= options.Times; run++)
        {
            var victim = await VictimAsync(system, run);
            sessions.Reset();
            var (at, stamp) = (DateTime.Now, Stopwatch.GetTimestamp());
            Signal(victim.Pid!.Value);
            await UntilAsync(() => Task.FromResult(sessions.AllAnsweredSince(stamp) && Stopwatch.GetElapsedTime(stamp) > Settle), "every session answered");
            var felt = sessions.Pauses;
            pauses.Add(felt[0].Milliseconds);
            Tell(report, system, run, victim, at, stamp, felt, ends);
            if (sessions.Violations > 0)
            {
                report.Say($"VIOLATIONS: {string.Join("; ", sessions.Complaints)}");
            }

            if (run < options.Times)
            {
                await RestartAsync(system, victim);
            }
        }

        report.Table(
            $"{options.Fault}: when each step was complete on every node, ms after the signal, median (least-most) of {options.Times}",
            ["step", "ms"],
            [.. TimelineStep.All.Where(step => ends[step.Name].Count > 0).Select(step => new[] { step.Name, Spread.Of(ends[step.Name]).Text("0") }),
                ["longest pause of any session", Spread.Of(pauses).Text("0")], ["violations", $"{sessions.Violations}"]]);
        report.Save(Path.Combine(options.Out, $"timeline-{options.Fault}.md"));
        Directory.Delete(work, true);
    }

    /// <summary>Long enough for the last step to be logged where no session has noticed anything.</summary>
    private static TimeSpan Settle => TimeSpan.FromSeconds(2);

    private void Tell(
        Report report, PomegranateSystem system, int run, PomegranateSystem.Node victim, DateTime at, long stamp,
        IReadOnlyList<(double Milliseconds, long End)> felt, Dictionary<string, List<double>> ends)
    {
        var lines = system.LogLines().Select(TimelineLine.Parse).OfType<TimelineLine>().Where(line => line.Time >= at).ToList();
        var nodes = system.Nodes.Select(n => n.Name).ToList();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var step in TimelineStep.All)
        {
            var moments = lines.Where(line => step.Is(line, victim.Cluster)).Select(line => (line.Node, Ms: (line.Time - at).TotalMilliseconds)).ToList();
            if (moments.Count == 0)
            {
                continue;
            }

            ends[step.Name].Add(moments.Max(m => m.Ms));
            rows.Add([step.Name, .. nodes.Select(node => Cell([.. moments.Where(m => m.Node == node).Select(m => m.Ms)]))]);
        }

        report.Table($"{options.Fault} {run}: {victim.Name}; ms after the signal, per node", ["step", .. nodes], rows);
        var hit = felt.Where(pause => pause.End > stamp && pause.Milliseconds > 60).Select(pause => Stopwatch.GetElapsedTime(stamp, pause.End).TotalMilliseconds).Order().ToList();
        report.Say(string.Create(CultureInfo.InvariantCulture,
            $"longest pause {felt[0].Milliseconds:0} ms; {hit.Count} sessions paused for over 60 ms, answered {(hit.Count == 0 ? "-" : $"{hit[0]:0}, {hit[hit.Count / 2]:0}, {hit[^1]:0}")} ms after the signal (first, median, last)"));
    }

    private static string Cell(IReadOnlyList<double> moments) => moments.Count switch
    {
        0 => "",
        1 => $"{moments[0]:0}",
        _ => $"{moments.Min():0}-{moments.Max():0} ({moments.Count})",
    };

    private async Task<PomegranateSystem.Node> VictimAsync(PomegranateSystem system, int run)
    {
        using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri($"{system.Nodes.Single(n => n.Role == "lighthouse").Management}/cluster/members")));
        var oldest = answer.RootElement.GetProperty("oldestPerRole").GetProperty("backend").GetString()!;
        var backends = system.Nodes.Where(n => n.Role == "backend").ToList();
        var coordinator = backends.Single(b => oldest.EndsWith(b.Cluster, StringComparison.Ordinal));
        var others = backends.Where(b => b != coordinator).ToList();
        return options.Fault == "kill-coordinator" ? coordinator : others[run % others.Count];
    }

    private void Signal(int pid)
    {
        // The call itself: starting a program for it takes some 30 ms.
        const int Kill = 9, Terminate = 15, Stop = 19;
        if (SendSignal(pid, options.Fault switch { "stop" => Stop, "term" => Terminate, _ => Kill }) != 0)
        {
            throw new BenchException($"Process {pid} could not be signalled: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);

    private async Task RestartAsync(PomegranateSystem system, PomegranateSystem.Node victim)
    {
        if (options.Fault == "stop")
        {
            using var kill = Process.Start("kill", ["-KILL", $"{victim.Pid}"]);
            await kill.WaitForExitAsync();
        }

        await UntilAsync(async () => { await system.RefreshAsync(); return system.Nodes.Single(n => n.Name == victim.Name).Pid is null; }, $"{victim.Name} to end");
        await system.TellAsync($"restart {victim.Name}");
        await UntilAsync(async () => (await Http.GetAsync(new Uri($"{victim.Management}/ready"))).IsSuccessStatusCode, $"{victim.Name} to be ready again");

        // Its shards come back to it some at a time.
        await Task.Delay(TimeSpan.FromSeconds(7));
        await system.RefreshAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < Patience; await Task.Delay(100))
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException or IOException)
            {
                // Not yet.
            }
        }

        throw new BenchException($"Waited {Patience.TotalSeconds:0} s for {what}.");
    }
}
