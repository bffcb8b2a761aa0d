using System.Globalization;
using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Clients;
using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Histories;
using Pomegranate.Campaign.Nodes;
using Spectre.Console;

namespace Pomegranate.Campaign.Running;

/// <summary>
/// One cluster for a long time, at a steady part of the load it can bear, with a kill or a restart every few seconds. The
/// first backend, the first frontend and the lighthouse live through it all: what leaks, leaks there.
/// </summary>
internal sealed class SoakRun(CampaignOptions options, Programs programs, int seed, Action<string> say)
{
    /// <summary>Of the peak.</summary>
    public const double Share = 0.7;

    /// <summary>At most by so much may the last quarter's memory exceed the second's: the first is for warming up.</summary>
    private const double Growth = 1.15;
    private const long GrowthBytes = 25_000_000;

    /// <summary>Short sessions: a log is in every answer.</summary>
    private const int Operations = 25;

    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PeakWarm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PeakFor = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);

    private readonly RunClock _clock = new();
    private readonly List<Violation> _found = [];
    private readonly List<EpisodeResult> _episodes = [];
    private readonly List<(double At, NodeUse Use)> _samples = [];

    public async Task<RunResult> RunAsync(CancellationToken cancellation)
    {
        var directory = Path.Combine(options.Logs, $"soak-{seed}");
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "history.jsonl");
        using var history = new History(path);
        void Note(string what)
        {
            history.Add(new FaultMark(_clock.Now, _episodes.Count + 1, what));
            say($"{_clock.Now / 1000,6:0.0} s  {what}");
        }

        void Broken(ViolationKind kind, string what)
        {
            Note(what);
            _found.Add(new Violation(kind, null, _clock.Now, 0, what));
        }

        var topology = new Topology(options.Backends, options.Frontends);
        using var labs = options.Loopback ? Labs.None : Labs.Create(topology, CampaignRun.Wanted(options, seed), directory);
        await using var nodes = new CampaignNodes(topology, programs, labs, [.. CampaignRun.SettingsFor(options.Backends), .. options.Settings], directory, Note);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var whole = new WholeCheck(nodes, http);
        topology.Regular.ToList().ForEach(nodes.Start);
        if (await whole.WaitAsync(StartWithin, cancellation) is { } missing)
        {
            Broken(ViolationKind.NotWhole, $"not whole {StartWithin.TotalSeconds:0} s after its start: {missing}");
            return Judge(history, path, 0);
        }

        var rest = new RestCheck(nodes, http);
        await rest.BeginAsync();
        var peak = await PeakAsync(nodes, history, cancellation);
        Note(string.Create(CultureInfo.InvariantCulture, $"peak {peak:0} operations a second with {options.Sessions} sessions; {Share:P0} of it from now on"));
        var began = _clock.Now;
        using var load = new Load(
            seed, new LoadShape(options.Sessions, Pace.Steady(peak * Share, _clock), Operations, EndedEvery: 1, KeepsEnded: false, Holds: false),
            options.Deadline, _clock, nodes.Frontends, history);
        using var ended = new CancellationTokenSource();
        var sampling = SampleAsync(nodes, topology, http, ended.Token);
        await DisturbAsync(topology, new FaultInjector(nodes, whole, Note, Broken), whole, Note, Broken, began, cancellation);
        var served = history.Operations.Count(operation => operation.Start >= began && operation.Outcome == Outcome.Done) / ((_clock.Now - began) / 1000);
        await ended.CancelAsync();
        await sampling;
        await load.StopAsync();
        await load.ReadAllAsync();
        Note(string.Create(CultureInfo.InvariantCulture, $"{served:0} operations a second were answered"));
        var (held, uses) = await rest.EndAsync(cancellation);
        held.ToList().ForEach(what => Broken(ViolationKind.Leak, $"{what}, {RestCheck.Within.TotalSeconds:0} s after the last request"));
        JudgeMemory(Broken);
        return Judge(history, path, uses.Select(use => use.Resident / 1_000_000).DefaultIfEmpty().Max());
    }

    private async Task<double> PeakAsync(CampaignNodes nodes, History history, CancellationToken cancellation)
    {
        using var load = new Load(
            seed, new LoadShape(options.Sessions, Pace.Thinking(TimeSpan.Zero), Operations, EndedEvery: 1, KeepsEnded: false, Names: "peak", Holds: false),
            options.Deadline, _clock, nodes.Frontends, history);
        await Task.Delay(PeakWarm, cancellation);
        var before = history.Operations.Count;
        await Task.Delay(PeakFor, cancellation);
        var count = history.Operations.Count - before;
        await load.StopAsync();
        return count / PeakFor.TotalSeconds;
    }

    // Backends and frontends in turn, killed or stopped, never those that are to live.
    private async Task DisturbAsync(
        Topology topology, FaultInjector faults, WholeCheck whole, Action<string> note, Action<ViolationKind, string> broken, double began, CancellationToken cancellation)
    {
        var random = new Random(seed);
        string[] mortal = [.. topology.Backends.Skip(1), .. topology.Frontends.Skip(1)];
        for (var number = 1; _clock.Now - began < options.Length.TotalMilliseconds && !cancellation.IsCancellationRequested; number++)
        {
            var kind = random.Next(2) == 0 ? FaultKind.Kill : FaultKind.Stop;
            var episode = new Episode(number, [new Fault(kind, mortal[random.Next(mortal.Length)], null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(random.Next(0, 4)))]);
            var start = _clock.Now;
            await faults.RunAsync(episode);
            var healed = _clock.Now;
            var missing = await whole.WaitAsync(options.WholeWithin, cancellation);
            _episodes.Add(new EpisodeResult(episode, start, _clock.Now, missing is null ? TimeSpan.FromMilliseconds(_clock.Now - healed) : null));
            if (missing is not null)
            {
                broken(ViolationKind.NotWhole, $"not whole {options.WholeWithin.TotalSeconds:0} s after {episode}: {missing}");
                return;
            }
        }

        note($"{_episodes.Count} kills and stops");
    }

    private async Task SampleAsync(CampaignNodes nodes, Topology topology, HttpClient http, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            foreach (var use in (await Task.WhenAll(Immortal(topology).Select(node => NodeUse.ReadAsync(nodes, node, http)))).OfType<NodeUse>())
            {
                _samples.Add((_clock.Now, use));
            }

            await Task.Delay(SampleEvery, ended).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static string[] Immortal(Topology topology) => [Topology.Lighthouse, topology.Backends[0], topology.Frontends[0]];

    private void JudgeMemory(Action<ViolationKind, string> broken)
    {
        var table = new Table().RoundedBorder().Title("Medians of the quarters of the soak, MB: resident (heap after its last collection)")
            .AddColumns("node", "first", "second", "third", "last", "growth from second to last, MB an hour");
        foreach (var node in _samples.GroupBy(sample => sample.Use.Node))
        {
            var samples = node.OrderBy(sample => sample.At).ToList();
            if (samples.Count < 8 || samples.Select(sample => sample.Use.Pid).Distinct().Count() > 1)
            {
                broken(ViolationKind.NotWhole, $"{node.Key} was to live through it all and has not: {samples.Count} samples");
                continue;
            }

            var quarters = samples.Chunk((samples.Count + 3) / 4).Select(quarter => (Resident: Median(quarter, use => use.Resident), Heap: Median(quarter, use => use.Heap))).ToList();
            var hours = (samples[^1].At - samples[0].At) / 2 / 3_600_000;
            table.AddRow(
                [node.Key, .. quarters.Select(quarter => $"{quarter.Resident / 1e6:0} ({quarter.Heap / 1e6:0})"), $"{(quarters[^1].Resident - quarters[1].Resident) / 1e6 / hours:0}"]);
            if (quarters[^1].Resident > (quarters[1].Resident * Growth) + GrowthBytes)
            {
                broken(ViolationKind.Leak, $"{node.Key} grows: {quarters[1].Resident / 1_000_000} MB in the second quarter, {quarters[^1].Resident / 1_000_000} MB in the last");
            }
        }

        AnsiConsole.Write(table);
    }

    private static long Median((double At, NodeUse Use)[] samples, Func<NodeUse, long> value) =>
        samples.Select(sample => value(sample.Use)).Order().ElementAt(samples.Length / 2);

    private RunResult Judge(History history, string path, long largest) =>
        RunResult.Of(seed, options, history, path, largest, _episodes, _found);
}
