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

    /// <summary>
    /// An idle session's actor goes after some seconds: it recovers often in a run, and is gone soon after it. After a
    /// stop of all backends nobody waits long for a disk that has been emptied. And expired sessions are looked for all the
    /// time: a clock that is wrong for a moment must not be right again before anybody has looked at it.
    /// A minority that starts again while the network is parted must not serve: more than half of the backends are needed.
    /// </summary>
    public static IReadOnlyList<KeyValuePair<string, string>> SettingsFor(int backends) =>
    [
        new("Pomegranate:Session:PassivateAfter", "00:00:05"),
        new("Pomegranate:Session:SweepInterval", "00:00:02"),
        new("Pomegranate:Replication:RestartPatience", "00:00:20"),
        new("Pomegranate:Replication:MinimumBackends", $"{(backends / 2) + 1}"),
    ];

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

        void Broken(ViolationKind kind, string what)
        {
            Note(what);
            _found.Add(new Violation(kind, null, _clock.Now, 0, what));
        }

        var topology = new Topology(options.Backends, options.Frontends);
        using var labs = options.Loopback ? Labs.None : Labs.Create(topology, Wanted(options, seed), directory);
        await using var nodes = new CampaignNodes(
            topology, programs, labs, [.. SettingsFor(options.Backends), .. options.Settings], directory, Note,
            options.HasUnevenPatience(seed) ? number => Patience.Of(seed, number) : null);
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
        var rest = new RestCheck(nodes, http);
        await rest.BeginAsync();
        using var load = new Load(seed, new LoadShape(options.Sessions, Pace.Thinking(options.Think)), options.Deadline, _clock, nodes.Frontends, history);
        try
        {
            await RunEpisodesAsync(topology, new FaultInjector(nodes, whole, Note, Broken), whole, Note, cancellation);
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
        var largest = await RestAsync(rest, cancellation);
        return Judge(history, path, largest);
    }

    /// <summary>What the nodes of this seed's run have of their own: what its faults need, and the disks.</summary>
    public static IReadOnlySet<Facility> Wanted(CampaignOptions options, int seed)
    {
        var wanted = options.KindsOf(seed).Select(Promise.Needs).OfType<Facility>().Append(Facility.Network).ToHashSet();
        if (options.HasDisks(seed))
        {
            wanted.Add(Facility.Disk);
        }

        return wanted;
    }

    private async Task RunEpisodesAsync(Topology topology, FaultInjector faults, WholeCheck whole, Action<string> note, CancellationToken cancellation)
    {
        var random = new Random(seed);
        var began = _clock.Now;
        var schedule = FaultSchedule.Create(seed, options.KindsOf(seed), topology)
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

    private async Task<long> RestAsync(RestCheck rest, CancellationToken cancellation)
    {
        var (held, uses) = await rest.EndAsync(cancellation);
        var large = uses.Where(use => use.Resident / 1_000_000 > options.MaxResidentMegabytes)
            .Select(use => $"{use.Node} holds {use.Resident / 1_000_000} MB at rest, over {options.MaxResidentMegabytes} MB");
        _found.AddRange(held.Select(what => $"{what}, {RestCheck.Within.TotalSeconds:0} s after the last request").Concat(large)
            .Select(what => new Violation(ViolationKind.Leak, null, _clock.Now, 0, what)));
        return uses.Select(use => use.Resident / 1_000_000).DefaultIfEmpty().Max();
    }

    private RunResult Judge(History history, string path, long largest) =>
        RunResult.Of(seed, options, history, path, largest, _episodes, _found);
}
