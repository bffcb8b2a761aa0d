using Pomegranate.Bench.Load;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Overloading;

/// <summary>Many sessions at a quarter of the peak, alone and beside one that asks for as much as all of them; every limit at its default.</summary>
internal sealed class HotSession(OverloadOptions options, string work, double peak)
{
    private const int Sessions = 1000, Rounds = 3;

    public async Task RunAsync(Report report)
    {
        await using var system = new PomegranateSystem(Path.Combine(work, "hot"), backends: 2, frontends: 1);
        await system.StartAsync();
        var (cookies, hot) = (Path.Combine(work, "neighbours"), Path.Combine(work, "hot-session"));
        await SessionMaker.MakeAsync(system.Url, "/counter", Sessions, cookies);
        await SessionMaker.MakeAsync(system.Url, "/counter", 1, hot);
        await Wrk.RunAsync(system.Url, options.Path, cookies, TimeSpan.FromSeconds(options.Warm), 64);

        var (duration, rate) = (TimeSpan.FromSeconds(options.Seconds), peak / 4);
        var rows = new List<string[]>();
        for (var round = 1; round <= Rounds; round++)
        {
            var alone = await NeighboursAsync();
            rows.Add(["alone", .. Cells(alone), "", "", ""]);
            var running = OfferedLoad.RunAsync(system.Url, options.Path, hot, rate, duration, options.Connections);
            var beside = await NeighboursAsync();
            var result = await running;
            rows.Add(
            [
                "beside a hot one", .. Cells(beside),
                $"{result.OfferedPerSecond:0}", $"{result.ServedPerSecond:0}", $"{result.Refused.Length / duration.TotalSeconds:0}",
            ]);
        }

        report.Table(
            $"{Sessions} sessions at a quarter of the peak, and one that asks for as much as all of them",
            ["the sessions", "offered/s", "p50 ms", "p99 ms", "failed", "hot: offered/s", "served/s", "503/s"], rows);

        Task<LoadResult> NeighboursAsync() => SteadyLoad.RunAsync(system.Url, options.Path, cookies, rate, duration, 64);

        string[] Cells(LoadResult load) =>
            [$"{rate:0}", $"{load.Median.TotalMilliseconds:0.0}", $"{load.P99.TotalMilliseconds:0.0}", $"{load.Errors}"];
    }
}
