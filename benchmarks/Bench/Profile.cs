using Pomegranate.Bench.Load;
using Pomegranate.Bench.Measuring;
using Pomegranate.Bench.Profiling;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench;

/// <summary>Where the CPU of a request goes, by component, and what it allocates.</summary>
/// <param name="warm">Seconds of load before anything is looked at: the JIT is busy at first.</param>
internal sealed class Profile(string[] paths, int seconds, int warm, string output)
{
    private const int Connections = 64, Sessions = 1000, Listed = 40;
    private readonly string _work = Directory.CreateTempSubdirectory("bench-").FullName;
    private readonly Report _report = new("Profile");

    public async Task RunAsync()
    {
        Directory.CreateDirectory(output);
        await using (var system = new PomegranateSystem(Path.Combine(_work, "pomegranate"), environment: PerfSamples.Environment))
        {
            await system.StartAsync();
            foreach (var path in paths)
            {
                var cookies = path == "/plain" ? null : Path.Combine(_work, path.TrimStart('/') + ".cookies");
                if (cookies is not null)
                {
                    await SessionMaker.MakeAsync(system.Url, path, Sessions, cookies);
                }

                Console.WriteLine($"{path}: warms up for {warm} s");
                await LoadAsync(system, path, cookies, warm);
                await CpuAsync(system, path, cookies);
                await AllocationsAsync(system, path, cookies);
            }
        }

        _report.Save(Path.Combine(output, "profile.md"));
        Directory.Delete(_work, true);
    }

    private static Task<LoadResult> LoadAsync(PomegranateSystem system, string path, string? cookies, int seconds) =>
        Wrk.RunAsync(system.Url, path, cookies, TimeSpan.FromSeconds(seconds), Connections);

    private async Task CpuAsync(PomegranateSystem system, string path, string? cookies)
    {
        var load = LoadAsync(system, path, cookies, seconds + 2);
        await Task.Delay(500);
        var samples = PerfSamples.TakeAsync(system.Processes.Select(p => p.Pid), TimeSpan.FromSeconds(seconds), Path.Combine(_work, "perf.data"));
        var before = Usage.Of(system);
        await load;
        var reading = Reading.Of(system.Name, path, 1, await load, before, Usage.Of(system));
        var roles = system.Nodes.Where(n => n.Pid is not null).ToDictionary(n => n.Pid!.Value, n => n.Role);
        var all = await samples;

        // perf counts moments, /proc counts time: the share of the one times the other.
        var each = reading.Cpu / all.Count;
        _report.Say($"{path}: {reading.RequestsPerSecond:0} requests/s under perf, {reading.Cpu:0} us of CPU per request in all processes, {all.Count} samples; {reading.OtherCores:0.0} cores used by others.");
        foreach (var role in all.GroupBy(s => roles.GetValueOrDefault(s.Pid, "?")).OrderByDescending(g => g.Count()))
        {
            _report.Table($"{path}, {role.Key}: CPU by component, us per request",
                ["component", "total", "C#", "native runtime", "kernel", "waking and waiting"],
                role.GroupBy(s => s.Component).OrderByDescending(g => g.Count()).Append(role.GroupBy(_ => "all").Single()).Select(component => (string[])[
                    component.Key, Us(component), .. Enum.GetValues<Kind>().Select(kind => Us(component.Where(s => s.Kind == kind))),
                ]));
        }

        _report.Table($"{path}: methods by own time, all processes", ["method", "us per request", "%", "in"],
            all.GroupBy(s => s.Stack[0].Name).OrderByDescending(g => g.Count()).Take(Listed).Select(leaf => (string[])[
                leaf.Key, Us(leaf), $"{100.0 * leaf.Count() / all.Count:0.0}", string.Join("; ", leaf.GroupBy(s => s.Component).OrderByDescending(g => g.Count()).Take(3).Select(c => c.Key)),
            ]));
        _report.Table($"{path}: methods by time with what they call, all processes", ["method", "us per request", "%"],
            all.SelectMany(s => s.Stack.Where(f => f.IsManaged && !f.Assembly.StartsWith("System.", StringComparison.Ordinal)).Select(f => f.Name).Distinct())
                .GroupBy(name => name).OrderByDescending(g => g.Count()).Take(2 * Listed).Select(name => (string[])[name.Key, $"{name.Count() * each:0.0}", $"{100.0 * name.Count() / all.Count:0.0}"]));

        string Us(IEnumerable<Sample> some) => (some.Count() * each).ToString("0.0");
    }

    private async Task AllocationsAsync(PomegranateSystem system, string path, string? cookies)
    {
        foreach (var node in system.Nodes.Where(n => n.Role != "lighthouse").DistinctBy(n => n.Role))
        {
            var load = LoadAsync(system, path, cookies, seconds + 2);
            await Task.Delay(500);
            var allocations = await AllocationSamples.TakeAsync(node.Pid!.Value, TimeSpan.FromSeconds(seconds), Path.Combine(_work, node.Role + ".nettrace"));
            var result = await load;

            // One of the backends sees its share of the requests, if also the other's commits.
            var share = system.Nodes.Count(n => n.Role == node.Role);
            var requests = result.Requests / result.Duration.TotalSeconds * seconds / share;
            var total = allocations.Sum(a => a.Bytes) / requests;
            _report.Table($"{path}, {node.Role}: {total:0} bytes allocated per request it serves, by component", ["component", "bytes", "%"], Rows(a => a.Component, 20));
            _report.Table($"{path}, {node.Role}: by type", ["type", "bytes", "%"], Rows(a => a.Type, 25));
            _report.Table($"{path}, {node.Role}: by type and place", ["type at method", "bytes", "%"], Rows(a => $"{a.Type} at {a.Site}", Listed));

            IEnumerable<string[]> Rows(Func<Allocation, string> key, int count) => allocations.GroupBy(key)
                .Select(g => (g.Key, Bytes: g.Sum(a => a.Bytes) / requests)).OrderByDescending(g => g.Bytes).Take(count)
                .Select(g => (string[])[g.Key, $"{g.Bytes:0}", $"{100 * g.Bytes / total:0.0}"]);
        }
    }
}
