using System.Text.Json;
using Pomegranate.Bench.Load;
using Pomegranate.Bench.Measuring;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Growing;

/// <summary>What the product costs as it grows: more sessions, backends, frontends, larger sessions; and a join.</summary>
internal sealed class Growth(GrowthOptions options)
{
    private const int Connections = 64, FewSessions = 1000;

    /// <summary>
    /// Requests use a sample of the sessions, for wrk keeps a prepared request for each in memory: of a million live ones so many
    /// are in use at once.
    /// </summary>
    private const int MostUsed = 50_000;

    private readonly string _work = Directory.CreateTempSubdirectory("bench-").FullName;
    private readonly Report _report = new("Growth");
    private readonly List<GrowthPoint> _points = [];

    public async Task RunAsync()
    {
        Directory.CreateDirectory(options.Out);
        _report.Say($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores shared by client and nodes; {Connections} connections. CPU is that of all nodes.");
        foreach (var step in options.Steps)
        {
            await (step switch
            {
                "sessions" => SessionsAsync(),
                "backends" => NodesAsync("backends", options.Backends, n => new PomegranateSystem(Path.Combine(_work, $"b{n}"), backends: n)),
                "frontends" => NodesAsync("frontends", options.Frontends, n => new PomegranateSystem(Path.Combine(_work, $"f{n}"), frontends: n)),
                "size" => SizesAsync(),
                "join" => new Join(options, _work, _report).RunAsync(),
                _ => throw new BenchException($"--steps {step}: must be sessions, backends, frontends, size or join."),
            });
        }

        _report.Save(Path.Combine(options.Out, "growth.md"));
        await File.WriteAllTextAsync(Path.Combine(options.Out, "growth.json"), JsonSerializer.Serialize(_points, JsonSerializerOptions.Web));
        Draw();
        Directory.Delete(_work, true);
    }

    private async Task SessionsAsync()
    {
        await using var system = new PomegranateSystem(Path.Combine(_work, "sessions"));
        await system.StartAsync();
        var all = Path.Combine(_work, "all.cookies");
        await File.WriteAllTextAsync(all, "");
        await WarmAsync(system);
        double emptyHeap = await HeapSize.AverageAsync(system.Url, 2), emptyMemory = Memory(system);
        var made = 0;
        foreach (var count in options.Sessions.Order())
        {
            Console.WriteLine($"sessions: makes {count - made} more");
            await SessionMaker.MakeAsync(system.Url, "/blob?size=1024", count - made, Path.Combine(_work, "more.cookies"), HttpMethod.Post);
            await File.AppendAllLinesAsync(all, await File.ReadAllLinesAsync(Path.Combine(_work, "more.cookies")));
            made = count;
            var used = Path.Combine(_work, "used.cookies");
            var lines = await File.ReadAllLinesAsync(all);
            Random.Shared.Shuffle(lines);
            await File.WriteAllLinesAsync(used, lines.Take(MostUsed));
            await IdleSessions.AwaitAsync(system);
            var heap = await HeapSize.AverageAsync(system.Url, 2);
            var firstUse = await ReadAsync("first use", system, Load);
            for (var done = firstUse.RequestsPerSecond * options.Seconds; done < Math.Min(count, MostUsed);)
            {
                done += (await Load()).Requests;
            }

            await AddAsync("sessions", count, system, Load, point => point with { FirstUse = firstUse, HeapBytes = heap });

            Task<LoadResult> Load() => Wrk.RunAsync(system.Url, "/counter", used, Seconds, Connections);
        }

        _report.Say($"First use: each of up to {MostUsed:N0} sessions has no actor until its request comes. Then all of these have one, and no other. Heap: after a full collection, before the first use.");
        _report.Table("Live sessions of 1 KB (2 backends)",
            ["sessions", "/counter CPU us", "requests/s", "p99 ms", "first use: CPU us", "p99 ms", "heap per session and replica", "memory per session and replica", "idle: KB/s between nodes", "idle: cores", "other load, cores"],
            _points.Where(p => p.Series == "sessions").Select(p => (string[])[
                $"{p.X:0}", $"{p.Load.Cpu:0}", $"{p.Load.RequestsPerSecond:0}", $"{p.Load.P99Ms:0.0}", $"{p.FirstUse!.Cpu:0}", $"{p.FirstUse.P99Ms:0.0}",
                $"{(p.HeapBytes - emptyHeap) / p.X:0}", $"{(p.MemoryBytes - emptyMemory) / p.X:0}", $"{p.IdleBytesPerSecond / 1000:0.0}", $"{p.IdleCores:0.00}", $"{p.Load.OtherCores:0.00}",
            ]));
    }

    private async Task NodesAsync(string series, int[] counts, Func<int, PomegranateSystem> make)
    {
        foreach (var count in counts)
        {
            Console.WriteLine($"{series}: {count}");
            await using var system = make(count);
            await system.StartAsync();
            var cookies = await WarmAsync(system);
            await AddAsync(series, count, system, () => OverAllFrontendsAsync(system, cookies, Seconds));
        }

        _report.Table($"More {series} (1,000 sessions)", [series, "/counter CPU us", "requests/s", "p99 ms", "idle: KB/s between nodes", "idle: cores", "other load, cores"],
            _points.Where(p => p.Series == series).Select(p => (string[])[
                $"{p.X:0}", $"{p.Load.Cpu:0}", $"{p.Load.RequestsPerSecond:0}", $"{p.Load.P99Ms:0.0}", $"{p.IdleBytesPerSecond / 1000:0.0}", $"{p.IdleCores:0.00}", $"{p.Load.OtherCores:0.00}",
            ]));
    }

    private async Task SizesAsync()
    {
        await using var system = new PomegranateSystem(Path.Combine(_work, "size"));
        await system.StartAsync();
        var cookies = await WarmAsync(system);
        foreach (var size in options.Sizes)
        {
            await AddAsync("size", size, system, () => Wrk.RunAsync(system.Url, $"/blob?size={size}", cookies, Seconds, Connections, "POST"));
        }

        _report.Table("Larger sessions: POST /blob, which writes one attribute", ["bytes", "CPU us", "requests/s", "p99 ms", "idle: KB/s between nodes", "idle: cores", "other load, cores"],
            _points.Where(p => p.Series == "size").Select(p => (string[])[
                $"{p.X:0}", $"{p.Load.Cpu:0}", $"{p.Load.RequestsPerSecond:0}", $"{p.Load.P99Ms:0.0}", $"{p.IdleBytesPerSecond / 1000:0.0}", $"{p.IdleCores:0.00}", $"{p.Load.OtherCores:0.00}",
            ]));
    }

    private TimeSpan Seconds => TimeSpan.FromSeconds(options.Seconds);

    private async Task<string> WarmAsync(PomegranateSystem system)
    {
        var cookies = Path.Combine(_work, "few.cookies");
        await SessionMaker.MakeAsync(system.Url, "/counter", FewSessions, cookies);
        await OverAllFrontendsAsync(system, cookies, TimeSpan.FromSeconds(options.Warm));
        return cookies;
    }

    private static async Task<Reading> ReadAsync(string series, PomegranateSystem system, Func<Task<LoadResult>> load)
    {
        var before = Usage.Of(system);
        var result = await load();
        var reading = Reading.Of(system.Name, series, 1, result, before, Usage.Of(system));
        Console.WriteLine($"{series}: {reading.Cpu:0} us, {reading.RequestsPerSecond:0}/s, p99 {reading.P99Ms:0.0} ms, {reading.Errors} errors; {reading.OtherCores:0.00} cores used by others");
        return reading;
    }

    private async Task AddAsync(string series, double x, PomegranateSystem system, Func<Task<LoadResult>> load, Func<GrowthPoint, GrowthPoint>? more = null)
    {
        var reading = await ReadAsync($"{series} {x}", system, load);

        // Gossip tells of the load for a while.
        await Task.Delay(TimeSpan.FromSeconds(5));
        var idle = Usage.Of(system);
        var bytes = await Wire.RateAsync(system.Processes.Select(p => p.Pid).ToHashSet(), TimeSpan.FromSeconds(10));
        var idleEnd = Usage.Of(system);
        var cores = (idleEnd.Ticks.Values.Sum() - idle.Ticks.Values.Sum()) / (double)ProcFile.TicksPerSecond / (idleEnd.At - idle.At).TotalSeconds;
        var point = new GrowthPoint(series, x, reading, Memory(system), bytes, cores);
        _points.Add(more?.Invoke(point) ?? point);
        Console.WriteLine($"{series} {x}: idle {bytes / 1000:0.0} KB/s, {cores:0.00} cores");
    }

    private static double Memory(PomegranateSystem system) => system.Nodes.Where(n => n.Role == "backend" && n.Pid is not null).Average(n => ProcFile.Memory(n.Pid!.Value));

    /// <summary>Each frontend has sessions of its own, so that no two requests wait for one's turn. The slowest frontend's latency is what counts.</summary>
    private static async Task<LoadResult> OverAllFrontendsAsync(PomegranateSystem system, string cookies, TimeSpan duration)
    {
        Uri[] urls = [.. system.FrontendUrls];
        var lines = await File.ReadAllLinesAsync(cookies);
        var results = await Task.WhenAll(urls.Select(async (url, i) =>
        {
            var own = $"{cookies}.{i}";
            await File.WriteAllLinesAsync(own, lines.Where((_, line) => line % urls.Length == i));
            return await Wrk.RunAsync(url, "/counter", own, duration, Connections / urls.Length);
        }));
        return new LoadResult(results.Sum(r => r.Requests), results.Max(r => r.Duration), results.Max(r => r.Median), results.Max(r => r.P99), results.Sum(r => r.Errors));
    }

    private void Draw()
    {
        if (_points.Count == 0)
        {
            return;
        }

        var picture = new BarPicture("Growth");
        foreach (var series in _points.GroupBy(p => p.Series))
        {
            picture.Panel($"{series.Key}: CPU us per request", "0", series.Select(p => ($"{p.X:N0}", Spread.Of([p.Load.Cpu]))));
            picture.Panel($"{series.Key}: idle KB/s between nodes", "0.0", series.Select(p => ($"{p.X:N0}", Spread.Of([p.IdleBytesPerSecond / 1000]))));
        }

        picture.Save(Path.Combine(options.Out, "growth.svg"));
    }
}
