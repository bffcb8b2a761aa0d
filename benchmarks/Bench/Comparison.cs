using System.Text.Json;
using Pomegranate.Bench.Load;
using Pomegranate.Bench.Measuring;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench;

/// <summary>
/// The product beside its peers: all run at once, and the loads go to one after the other, round by round, so that what
/// the machine does meanwhile meets all alike. Ratios are made within a round.
/// </summary>
internal sealed class Comparison(ComparisonOptions options)
{
    private const string Steady = "/counter at 50 % of peak";
    private static readonly (string Path, bool HasSession)[] Loads = [("/plain", false), ("/counter", true), ("/read", true)];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What a user would otherwise take: they keep sessions safe from a node's death, as we do.</summary>
    private static readonly string[] Replicating = ["httpd-tomcat", "yarp-redis"];

    private readonly List<Reading> _readings = [];
    private readonly string _work = Directory.CreateTempSubdirectory("bench-").FullName;

    public async Task RunAsync()
    {
        Directory.CreateDirectory(options.Out);
        BenchSystem[] systems = [.. All().Where(s => options.Systems.Length == 0 || options.Systems.Contains(s.Name))];
        try
        {
            foreach (var system in systems)
            {
                Console.WriteLine($"{system.Name}: starts, makes sessions, warms up for {options.Warm} s");
                await system.StartAsync();
                await PrepareAsync(system);
            }

            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var (path, hasSession) in Loads)
                {
                    foreach (var system in systems)
                    {
                        await MeasureAsync(system, path, round, () => Wrk.RunAsync(system.Url, path, hasSession ? Cookies(system, path) : null, Seconds, options.Connections));
                    }
                }
            }

            var peaks = systems.ToDictionary(s => s, s => Spread.Of(Of(s.Name, "/counter").Select(r => r.RequestsPerSecond)).Median);
            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var system in systems)
                {
                    await MeasureAsync(system, Steady, round, () => SteadyLoad.RunAsync(system.Url, "/counter", Cookies(system, "/counter"), peaks[system] / 2, Seconds, options.Connections));
                }
            }
        }
        finally
        {
            foreach (var system in systems)
            {
                await system.DisposeAsync();
            }
        }

        Write(systems);
        if (!options.Keep)
        {
            Directory.Delete(_work, true);
        }
    }

    private TimeSpan Seconds => TimeSpan.FromSeconds(options.Seconds);

    private IEnumerable<BenchSystem> All() =>
    [
        new PomegranateSystem(Path.Combine(_work, "pomegranate")),
        new TomcatSystem(Path.Combine(_work, "httpd-tomcat")),
        new YarpSystem(Path.Combine(_work, "yarp-redis"), redis: true),
        new YarpSystem(Path.Combine(_work, "yarp-kestrel"), redis: false),
    ];

    private string Cookies(BenchSystem system, string path) => Path.Combine(_work, system.Name, path.TrimStart('/') + ".cookies");

    private async Task PrepareAsync(BenchSystem system)
    {
        foreach (var (path, hasSession) in Loads)
        {
            if (hasSession)
            {
                await SessionMaker.MakeAsync(system.Url, path, options.Sessions, Cookies(system, path));
            }

            await Wrk.RunAsync(system.Url, path, hasSession ? Cookies(system, path) : null, TimeSpan.FromSeconds(Math.Max(1, options.Warm / Loads.Length)), options.Connections);
        }
    }

    private async Task MeasureAsync(BenchSystem system, string load, int round, Func<Task<LoadResult>> run)
    {
        var before = Usage.Of(system);
        var result = await run();
        var reading = Reading.Of(system.Name, load, round, result, before, Usage.Of(system));
        _readings.Add(reading);
        Console.WriteLine(
            $"round {round} {load,-24} {system.Name,-14} {reading.RequestsPerSecond,8:N0}/s  p50 {reading.MedianMs,6:0.0}  p99 {reading.P99Ms,6:0.0} ms  {reading.Cpu,5:0} us{(reading.Errors > 0 ? $"  {reading.Errors} errors" : "")}{(reading.IsNoisy ? $"  noisy: {reading.OtherCores:0.00} cores used by others" : "")}");
    }

    private IEnumerable<Reading> Of(string system, string load) => _readings.Where(r => r.System == system && r.Load == load);

    private void Write(BenchSystem[] systems)
    {
        var report = new Report("Comparison");
        report.Say($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores shared by client and systems, {options.Rounds} rounds of {options.Seconds} s, {options.Connections} connections, {options.Sessions} sessions. Median (least-most) of the rounds.");
        var noisy = _readings.Count(r => r.IsNoisy);
        report.Say(noisy == 0
            ? "No reading was noisy: other processes used at most 0.1 core."
            : $"{noisy} of {_readings.Count} readings are noisy: other processes used more than 0.1 core, {_readings.Max(r => r.OtherCores):0.0} at most. Trust the ratios more than the figures.");
        report.Table("The systems", ["system", "what runs"], systems.Select(s => (string[])[s.Name, s.What]));
        string[] loads = [.. Loads.Select(l => l.Path), Steady];
        foreach (var load in loads)
        {
            report.Table(load, ["system", "requests/s", "p50 ms", "p99 ms", "CPU us/request", "by role", "memory MB", "errors", "other load, cores"], systems.Select(system =>
            {
                Reading[] readings = [.. Of(system.Name, load)];
                return (string[])[
                    system.Name,
                    Spread.Of(readings.Select(r => r.RequestsPerSecond)).Text("0"),
                    Spread.Of(readings.Select(r => r.MedianMs)).Text("0.0"),
                    Spread.Of(readings.Select(r => r.P99Ms)).Text("0.0"),
                    Spread.Of(readings.Select(r => r.Cpu)).Text("0"),
                    string.Join(", ", readings[0].CpuByRole.Keys.Select(role => $"{role} {Spread.Of(readings.Select(r => r.CpuByRole[role])).Median:0}")),
                    $"{readings[^1].MemoryMb:0}",
                    $"{readings.Sum(r => r.Errors)}",
                    Spread.Of(readings.Select(r => r.OtherCores)).Text("0.00"),
                ];
            }));
        }

        if (systems is [PomegranateSystem ours, ..])
        {
            Ratios(report, ours, systems[1..], loads);
        }

        report.Save(Path.Combine(options.Out, "compare.md"));
        File.WriteAllText(Path.Combine(options.Out, "compare.json"), JsonSerializer.Serialize(_readings, Json));
        Draw(systems).Save(Path.Combine(options.Out, "compare.svg"));
    }

    private void Ratios(Report report, PomegranateSystem ours, BenchSystem[] peers, string[] loads)
    {
        var better = peers.Select(p => p.Name).Where(Replicating.Contains).ToArray();
        (string Name, string[] Peers)[] against = [.. peers.Select(p => (p.Name, (string[])[p.Name])), .. better.Length > 1 ? [("the better of both that replicate", better)] : Array.Empty<(string, string[])>()];
        report.Table("Pomegranate as a ratio", ["load", "against", "requests/s", "CPU per request", "p50", "p99", "memory"], loads.SelectMany(load => against.Select(peer => (string[])[
            load,
            peer.Name,
            load == Steady ? "-" : Ratio(load, peer.Peers, r => r.RequestsPerSecond, more: true),
            Ratio(load, peer.Peers, r => r.Cpu, more: false),
            Ratio(load, peer.Peers, r => r.MedianMs, more: false),
            Ratio(load, peer.Peers, r => r.P99Ms, more: false),
            Ratio(load, peer.Peers, r => r.MemoryMb, more: false),
        ])));

        string Ratio(string load, string[] names, Func<Reading, double> value, bool more) => Spread.Of(Of(ours.Name, load).Select(own =>
        {
            var theirs = names.Select(name => value(Of(name, load).Single(r => r.Round == own.Round)));
            return value(own) / (more ? theirs.Max() : theirs.Min());
        })).Text("0.00");
    }

    private BarPicture Draw(BenchSystem[] systems)
    {
        var picture = new BarPicture($"{options.Connections} connections, {options.Sessions} sessions, {Environment.ProcessorCount} cores for everything");
        foreach (var (path, _) in Loads)
        {
            picture.Panel($"{path}: requests per second", "0", systems.Select(s => (s.Name, Spread.Of(Of(s.Name, path).Select(r => r.RequestsPerSecond)))));
            picture.Panel($"{path}: CPU microseconds per request", "0", systems.Select(s => (s.Name, Spread.Of(Of(s.Name, path).Select(r => r.Cpu)))));
        }

        picture.Panel("/counter at 50 % of own peak: p99 ms", "0.0", systems.Select(s => (s.Name, Spread.Of(Of(s.Name, Steady).Select(r => r.P99Ms)))));
        picture.Panel("Memory at the end, MB", "0", systems.Select(s => (s.Name, Spread.Of([Of(s.Name, Steady).Last().MemoryMb]))));
        return picture;
    }
}
