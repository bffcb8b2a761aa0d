using Pomegranate.Bench.Load;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Overloading;

/// <summary>
/// Finds the peak, offers half of it, once, twice and three times as much, and says what became of it; then lets one
/// session run hot beside the others.
/// </summary>
internal sealed class Overload(OverloadOptions options)
{
    private const int Sessions = 1000;

    public async Task RunAsync()
    {
        Directory.CreateDirectory(options.Out);
        var work = Directory.CreateTempSubdirectory("bench-").FullName;
        var report = new Report("Overload");
        await using var system = new PomegranateSystem(
            Path.Combine(work, "cluster"), backends: 2, frontends: 1,
            environment: [("Pomegranate__Gateway__MaxConcurrentRequests", $"{options.Limit}"), ("Pomegranate__Gateway__MaxQueuedRequests", "0")]);
        await system.StartAsync();
        var cookies = Path.Combine(work, "cookies");
        await SessionMaker.MakeAsync(system.Url, "/counter", Sessions, cookies);
        await Wrk.RunAsync(system.Url, options.Path, cookies, TimeSpan.FromSeconds(options.Warm), 64);
        var duration = TimeSpan.FromSeconds(options.Seconds);

        // The best of three: one that others disturb would make the overload too small.
        LoadResult closed = null!;
        var peak = 0.0;
        for (var round = 0; round < 3; round++)
        {
            var load = await Wrk.RunAsync(system.Url, options.Path, cookies, duration, 64);
            if (load.Requests / load.Duration.TotalSeconds is var rate && rate > peak)
            {
                (closed, peak) = (load, rate);
            }
        }

        report.Say($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores shared by client and nodes. Peak with 64 connections: {peak:0} requests/s, p99 {closed.P99.TotalMilliseconds:0.0} ms. "
            + $"The frontend takes {options.Limit} requests at once, the client has {options.Connections} connections.");
        var rows = new List<(double Served, string[] Cells)>();
        foreach (var times in new[] { 0.5, 1, 2, 3 })
        {
            await using var watch = new MembershipWatch(system.Nodes.Single(n => n.Role == "lighthouse").Management);
            await watch.StartAsync();
            var result = await OfferedLoad.RunAsync(system.Url, options.Path, cookies, times * peak, duration, options.Connections);
            string[] row =
            [
                $"{times}x", $"{result.OfferedPerSecond:0}", $"{result.ServedPerSecond:0}", $"{100 * result.ServedPerSecond / peak:0} %",
                $"{OfferedResult.At(result.Served, 0.5):0.0} / {OfferedResult.At(result.Served, 0.99):0.0}",
                $"{result.Refused.Length / duration.TotalSeconds:0}", $"{OfferedResult.At(result.Refused, 0.5):0.0} / {OfferedResult.At(result.Refused, 0.99):0.0}",
                $"{result.Unsent / duration.TotalSeconds:0}", $"{result.Failed}", $"{watch.Events}",
            ];
            Console.WriteLine(string.Join("  ", row));
            rows.Add((result.ServedPerSecond, row));
        }

        // This client needs more of the CPU than the one of the peak, and shares it with the nodes: it has a peak of its own.
        var most = rows.Max(r => r.Served);

        report.Table($"GET {options.Path} beyond capacity",
            ["offered", "offered/s", "served/s", "of peak", "of this client's peak", "p50 / p99 ms", "503/s", "503: p50 / p99 ms", "not sent/s", "failed", "membership events"], rows.Select(r => (string[])[.. r.Cells[..4], $"{100 * r.Served / most:0} %", .. r.Cells[4..]]));
        await system.DisposeAsync();
        await new HotSession(options, work, peak).RunAsync(report);
        report.Save(Path.Combine(options.Out, "overload.md"));
        Directory.Delete(work, true);
    }
}
