using System.Diagnostics;
using Pomegranate.Bench.Load;
using Pomegranate.Bench.Reporting;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Growing;

/// <summary>A third backend joins two that hold many sessions, under a steady load.</summary>
internal sealed class Join(GrowthOptions options, string work, Report report)
{
    private const string Newcomer = "backend3";
    private const int Connections = 64, PerSecond = 1000;

    public async Task RunAsync()
    {
        await using var system = new PomegranateSystem(Path.Combine(work, "join"), backends: 3);
        await system.StartAsync();
        var management = new Uri(system.Nodes.Single(n => n.Name == Newcomer).Management);
        await system.TellAsync($"stop {Newcomer}");
        await UntilAsync(async () => !await IsReadyAsync(management), "the backend to leave");
        Console.WriteLine($"join: makes {options.JoinSessions} sessions");
        var cookies = Path.Combine(work, "join.cookies");
        await SessionMaker.MakeAsync(system.Url, "/blob?size=1024", options.JoinSessions, cookies, HttpMethod.Post);
        await Wrk.RunAsync(system.Url, "/counter", cookies, TimeSpan.FromSeconds(options.Warm), Connections);
        var alone = await SteadyLoad.RunAsync(system.Url, "/counter", cookies, PerSecond, TimeSpan.FromSeconds(options.Seconds), Connections);

        var during = SteadyLoad.RunAsync(system.Url, "/counter", cookies, PerSecond, TimeSpan.FromSeconds(Math.Max(30, options.Seconds)), Connections);
        var watch = Stopwatch.StartNew();
        await system.TellAsync($"restart {Newcomer}");
        await UntilAsync(() => IsReadyAsync(management), "the backend to be ready");
        var ready = watch.Elapsed;
        var joined = await during;
        report.Table($"A third backend joins two with {options.JoinSessions} sessions of 1 KB, at {PerSecond} /counter a second", ["", "p50 ms", "p99 ms", "failed requests", "seconds from process start to ready"],
        [
            ["before", $"{alone.Median.TotalMilliseconds:0.0}", $"{alone.P99.TotalMilliseconds:0.0}", $"{alone.Errors}", ""],
            ["while it joins and for the rest of 30 s", $"{joined.Median.TotalMilliseconds:0.0}", $"{joined.P99.TotalMilliseconds:0.0}", $"{joined.Errors}", $"{ready.TotalSeconds:0.0}"],
        ]);
    }

    private static async Task<bool> IsReadyAsync(Uri management)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var response = await http.GetAsync(new Uri(management, "/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(3); !await condition(); await Task.Delay(50))
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new BenchException($"Waited 3 minutes for {what}.");
            }
        }
    }
}
