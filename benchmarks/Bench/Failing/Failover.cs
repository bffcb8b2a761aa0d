using System.Diagnostics;
using Pomegranate.Bench.Load;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Failing;

/// <summary>
/// Faults on a running system, each many times: fresh sessions count, the fault strikes, the victim comes back, and when
/// the system is as before the next run begins.
/// </summary>
internal sealed class Failover(FailoverOptions options)
{
    /// <summary>So many answers to each session: it is served again, not by chance once.</summary>
    private const int Served = 10;

    /// <summary>So that every shard of ours has a home, and no code is cold.</summary>
    private const int WarmSessions = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly string _work = Directory.CreateTempSubdirectory("bench-").FullName;
    private readonly FailoverReport _report = new(options.Out);

    public async Task RunAsync()
    {
        BenchSystem[] all =
        [
            new PomegranateSystem(Path.Combine(_work, "pomegranate"), backends: 3, frontends: 2),
            // As many as the peers have.
            new PomegranateSystem(Path.Combine(_work, "pomegranate-2"), backends: 2, frontends: 2, name: "pomegranate-2"),
            new TomcatSystem(Path.Combine(_work, "httpd-tomcat"), tuned: true),
            new YarpSystem(Path.Combine(_work, "yarp-redis"), redis: true, tuned: true),
        ];
        if (!options.Add)
        {
            _report.Forget(options.Systems, options.Faults);
        }

        foreach (var system in all.Where(s => options.Systems.Length == 0 || options.Systems.Contains(s.Name)))
        {
            await using (system)
            {
                await RunAsync(system);
            }
        }

        _report.Save();
        if (!options.Keep)
        {
            Directory.Delete(_work, true);
        }
    }

    private async Task RunAsync(BenchSystem system)
    {
        Console.WriteLine($"{system.Name}: {system.What}");
        await system.StartAsync();
        await SessionMaker.MakeAsync(system.Url, "/counter", WarmSessions, file: null);
        await LoadAsync(system, options.Warm);
        await AwaitWholeAsync(system, victim: null);
        foreach (var fault in Fault.All.Where(f => options.Faults.Length == 0 || options.Faults.Contains(f.Name)))
        {
            for (var run = 0; run < options.Runs && await system.VictimAsync(fault.Victim, run) is { } victim; run++)
            {
                if (options.Rest > 0)
                {
                    await LoadAsync(system, options.Rest);
                }

                var reading = await StrikeAsync(system, fault, victim);
                _report.Add(reading);
                Console.WriteLine(
                    $"{system.Name} {fault.Name} {run + 1}: {victim,-10} longest pause {reading.PauseMs,6:0} ms, at its return {reading.ReturnPauseMs,5:0} ms (client's own {reading.ClientPauseMs:0}), whole after {reading.WholeAfterMs / 1000:0.0} s; "
                    + $"failed {FailoverReport.Failures([reading])}, lost {reading.Lost}, twice {reading.Twice}, sessions lost {reading.SessionsLost}");
            }
        }
    }

    private async Task LoadAsync(BenchSystem system, int seconds)
    {
        await using var load = new CountingLoad(system.Entrances, options.Sessions);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
    }

    private async Task<FaultReading> StrikeAsync(BenchSystem system, Fault fault, string victim)
    {
        var at = DateTime.UtcNow;
        await using var load = new CountingLoad(system.Entrances, options.Sessions);
        if (!await load.AwaitAllAsync(Served, Patience))
        {
            throw new BenchException($"{system.Name} does not serve every session before {fault.Name}; see {_work}.");
        }

        var pid = system.Processes.Single(p => p.Role == victim).Pid;
        GC.Collect();
        var before = load.Look();
        var struck = Stopwatch.GetTimestamp();
        Signals.Send(pid, fault.Signal);
        while (Stopwatch.GetElapsedTime(struck) < fault.Least || (fault.IsDeadly && IsAlive(pid)))
        {
            await Task.Delay(Tick);
        }

        // Some serve nobody again without the victim: then that is what the reading says.
        await load.AwaitAllAsync(fault.Victim == Victim.Store ? 0 : Served, Patience);
        var during = load.Look();
        var returned = Stopwatch.GetTimestamp();
        if (!fault.IsDeadly)
        {
            Signals.Send(pid, Signal.Continue);
        }

        await AwaitWholeAsync(system, victim);
        var whole = Stopwatch.GetElapsedTime(returned);
        _ = load.Look() is var after && await load.AwaitAllAsync(Served, Patience);
        var end = load.Look();
        return Reading(system, fault, victim, at, whole, before, during, after, end);
    }

    private static FaultReading Reading(
        BenchSystem system, Fault fault, string victim, DateTime at, TimeSpan whole, params (IReadOnlyList<SessionLook> Sessions, TimeSpan OwnPause)[] looks)
    {
        var (during, after, end) = (looks[1], looks[2], looks[3]);
        var pauses = during.Sessions.Select(s => s.LongestPause.TotalMilliseconds).ToArray();

        // Nobody is served without the store: its return ends the pause.
        if (fault.Victim == Victim.Store)
        {
            pauses = [.. pauses.Zip(after.Sessions, end.Sessions).Select(p => Math.Max(p.First, Math.Max(p.Second.LongestPause.TotalMilliseconds, p.Third.LongestPause.TotalMilliseconds)))];
        }

        return new FaultReading(
            system.Name, fault.Name, at, victim,
            pauses.Max(), pauses.Count(p => p > 1000),
            after.Sessions.Concat(end.Sessions).Max(s => s.LongestPause.TotalMilliseconds),
            during.OwnPause.TotalMilliseconds,
            whole.TotalMilliseconds,
            looks.SelectMany(l => l.Sessions).SelectMany(s => s.Failures).GroupBy(f => f.Key).ToDictionary(g => g.Key, g => g.Sum(f => f.Value)),
            end.Sessions.Sum(s => s.Tally.Lost), end.Sessions.Sum(s => s.Tally.Twice), end.Sessions.Sum(s => s.Tally.AppliedThoughFailed), end.Sessions.Sum(s => s.Tally.SessionsLost));
    }

    /// <summary>Waits, and starts the victim again whenever it has ended: at once, or later where it wakes up and finds itself removed.</summary>
    private static async Task AwaitWholeAsync(BenchSystem system, string? victim)
    {
        var started = Stopwatch.GetTimestamp();
        for (string? missing = "nothing yet"; ; await Task.Delay(Tick))
        {
            try
            {
                if (victim is not null && system.Processes.All(p => p.Role != victim))
                {
                    await system.RestartAsync(victim);
                }

                missing = await system.MissingAsync();
                if (missing is null)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or System.Text.Json.JsonException or KeyNotFoundException)
            {
                missing = exception.Message;
            }

            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new BenchException($"{system.Name} is not whole {Patience.TotalSeconds:0} s after {victim ?? "its start"}: {missing}.");
            }
        }
    }

    private static bool IsAlive(int pid) => Measuring.ProcFile.Times(pid) is not null;
}
