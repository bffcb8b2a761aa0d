using System.Diagnostics;
using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Clients;
using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Histories;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Running;

/// <summary>One run of one seed: a fresh cluster, load, episodes of faults, rest, and the verdict.</summary>
internal sealed class CampaignRun(CampaignOptions options, Programs programs, int seed, Action<string> say)
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(3);

    /// <summary>An idle session's actor goes after this: it recovers often in a run, and is gone soon after it.</summary>
    private const string PassivateAfter = "00:00:05";

    /// <summary>How long after the load the last session actor may live.</summary>
    private static readonly TimeSpan RestWithin = TimeSpan.FromSeconds(60);

    private readonly RunClock _clock = new();
    private readonly List<Violation> _found = [];
    private readonly List<EpisodeResult> _episodes = [];
    private int _episode;

    public async Task<RunResult> RunAsync(CancellationToken cancellation)
    {
        var directory = Path.Combine(options.Logs, $"seed-{seed}");
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "history.jsonl");
        using var history = new History(path);
        void Note(string what)
        {
            history.Add(new FaultMark(_clock.Now, _episode, what));
            say($"{_clock.Now / 1000,6:0.0} s  {what}");
        }

        var topology = new Topology(options.Backends, options.Frontends);
        using var network = options.Loopback || NetworkLab.Obstacle() is not null ? null : new NetworkLab([.. topology.Regular, topology.Spare]);
        await using var nodes = new CampaignNodes(
            topology, programs, network, [new("Pomegranate:Session:PassivateAfter", PassivateAfter), .. options.Settings], directory, Note);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var whole = new WholeCheck(nodes, http);
        topology.Regular.ToList().ForEach(nodes.Start);
        if (await whole.WaitAsync(StartWithin, cancellation) is { } missing)
        {
            Note($"the cluster has not become whole: {missing}");
            _found.Add(new Violation(ViolationKind.NotWhole, null, _clock.Now, 0, $"not whole {StartWithin.TotalSeconds:0} s after its start: {missing}"));
            return Judge(history, path, 0);
        }

        Note("the cluster is whole");
        using var load = new Load(seed, options.Sessions, options.Think, options.Deadline, _clock, nodes.Frontends, history);
        try
        {
            await RunEpisodesAsync(topology, new FaultInjector(nodes, Note), whole, Note, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Somebody has seen enough; what there is of the history is judged all the same.
            Note("the run is broken off");
            await load.StopAsync();
            return Judge(history, path, 0);
        }

        await load.StopAsync();
        _episode = 0;
        Note("every session is read once more");
        await load.ReadAllAsync();
        var largest = await RestAsync(nodes, whole, cancellation);
        return Judge(history, path, largest);
    }

    private async Task RunEpisodesAsync(Topology topology, FaultInjector faults, WholeCheck whole, Action<string> note, CancellationToken cancellation)
    {
        var random = new Random(seed);
        var began = _clock.Now;
        var schedule = FaultSchedule.Create(seed, options.Kinds, topology)
            .Where(episode => options.Only.Count == 0 || options.Only.Contains(episode.Number))
            .TakeWhile(episode => options.Only.Count == 0 || episode.Number <= options.Only.Max());
        if (options.Kinds.Count == 0)
        {
            await Task.Delay(options.Length, cancellation);
            return;
        }

        foreach (var episode in schedule)
        {
            await Task.Delay(TimeSpan.FromSeconds(1 + (2 * random.NextDouble())), cancellation);
            if (_clock.Now - began > options.Length.TotalMilliseconds)
            {
                return;
            }

            _episode = episode.Number;
            note($"episode {episode.Number}: {episode}");
            var start = _clock.Now;
            await faults.RunAsync(episode);
            var healed = Stopwatch.GetTimestamp();
            var missing = await whole.WaitAsync(options.WholeWithin, cancellation);
            var after = Stopwatch.GetElapsedTime(healed);
            _episodes.Add(new EpisodeResult(episode, start, _clock.Now, missing is null ? after : null));
            if (missing is not null)
            {
                note($"the cluster is not whole: {missing}");
                _found.Add(new Violation(
                    ViolationKind.NotWhole, null, _clock.Now, 0,
                    $"not whole {options.WholeWithin.TotalSeconds:0} s after episode {episode.Number} ({episode}): {missing}"));
                return;
            }

            note($"the cluster is whole {after.TotalSeconds:0.0} s after the last fault");
            if (options.Only.Count > 0 && episode.Number == options.Only.Max())
            {
                return;
            }
        }
    }

    private async Task<long> RestAsync(CampaignNodes nodes, WholeCheck whole, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        int? live;
        while ((live = await whole.LiveActorsAsync(cancellation)) != 0 && Stopwatch.GetElapsedTime(began) < RestWithin)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
        }

        if (live != 0)
        {
            _found.Add(new Violation(
                ViolationKind.Leak, null, _clock.Now, 0,
                $"{live?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown many"} session actors live {RestWithin.TotalSeconds:0} s after the last request"));
        }

        var memory = nodes.Memory().Select(node => (node.Node, Megabytes: node.Bytes / 1_000_000)).ToList();
        foreach (var (node, megabytes) in memory.Where(node => node.Megabytes > options.MaxResidentMegabytes))
        {
            _found.Add(new Violation(ViolationKind.Leak, null, _clock.Now, 0, $"{node} holds {megabytes} MB at rest, over {options.MaxResidentMegabytes} MB"));
        }

        return memory.Count == 0 ? 0 : memory.Max(node => node.Megabytes);
    }

    private RunResult Judge(History history, string path, long largest)
    {
        var operations = history.Operations;
        var violations = _found.Concat(HistoryChecker.Check(operations, options.Deadline)).OrderBy(violation => violation.At).ToList();
        return new RunResult(
            seed,
            path,
            operations.Count,
            operations.Select(operation => operation.Session).Distinct().Count(),
            operations.Count(operation => operation.Outcome == Outcome.Maybe),
            operations.Count(operation => operation.Outcome == Outcome.NotSent),
            largest,
            [.. _episodes.Select(episode => Measured(episode, operations))],
            violations);
    }

    private static EpisodeResult Measured(EpisodeResult episode, IReadOnlyList<Operation> operations)
    {
        var during = operations.Where(operation => operation.End >= episode.Began && operation.Start <= episode.Ended).ToList();
        return episode with
        {
            LongestPause = during.Count == 0 ? 0 : during.Max(operation => operation.End - operation.Start),
            Maybe = during.Count(operation => operation.Outcome == Outcome.Maybe),
        };
    }
}
