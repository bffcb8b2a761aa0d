using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Histories;
using Spectre.Console;

namespace Pomegranate.Campaign.Running;

/// <summary>What people read.</summary>
internal static class Report
{
    private const int ViolationsShown = 5;
    private const int LinesAround = 6;
    private const int WidthOfPipes = 160;

    static Report()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = WidthOfPipes;
        }
    }

    public static void Run(RunResult result, CampaignOptions options)
    {
        Console.WriteLine(
            $"Seed {result.Seed}: {result.Operations} operations of {result.Sessions} sessions, {result.Maybe} of unknown outcome, "
            + $"{result.NotSent} not sent, {result.Episodes.Count} episodes, {result.Violations.Count} violations.");
        if (result.Violations.Count == 0)
        {
            return;
        }

        Violations(result.Violations, History.Load(result.Path));
        var first = result.Violations[0];
        var episode = result.Episodes.LastOrDefault(episode => episode.Began <= first.At)?.Episode;
        var kinds = string.Join(',', options.KindsOf(result.Seed)).ToLowerInvariant();
        var again = $"dotnet run --project tests/Campaign -- --seed {result.Seed} --faults {kinds} --sessions {options.Sessions}"
            + $" --backends {options.Backends} --frontends {options.Frontends} --disks {(result.HasDisks ? "all" : "none")} --patience {(result.HasUnevenPatience ? "all" : "none")}{(options.Bug is null ? "" : $" --bug {options.Bug}")}";
        Console.WriteLine($"Again: {again}{(episode is null ? "" : $" --only {episode.Number}")}");
        Console.WriteLine($"The history: {result.Path}, the nodes' logs beside it.");
    }

    public static void Violations(IReadOnlyList<Violation> violations, History history)
    {
        foreach (var violation in violations.Take(ViolationsShown))
        {
            Console.WriteLine();
            Console.WriteLine($"{violation.Kind} at {violation.At / 1000:0.000} s: {violation.Text}");
            Around(violation, history);
        }

        if (violations.Count > ViolationsShown)
        {
            Console.WriteLine($"... and {violations.Count - ViolationsShown} more.");
        }
    }

    public static void All(IReadOnlyList<RunResult> results)
    {
        var kinds = new Table().RoundedBorder().Title("Pauses by episode, each seed's longest first")
            .AddColumns("seed", "episode", "longest operation, s", "unknown outcome", "whole after, s");
        foreach (var (result, episode) in results.SelectMany(result => result.Episodes.Select(episode => (result, episode)))
            .OrderBy(pair => pair.result.Seed).ThenByDescending(pair => pair.episode.LongestPause))
        {
            kinds.AddRow(
                $"{result.Seed}", Markup.Escape($"{episode.Episode.Number}: {episode.Episode}"), $"{episode.LongestPause / 1000:0.0}",
                $"{episode.Maybe}", episode.WholeAfter is { } after ? $"{after.TotalSeconds:0.0}" : "never");
        }

        AnsiConsole.Write(kinds);
        var runs = new Table().RoundedBorder().Title("Runs")
            .AddColumns("seed", "episodes", "sessions", "operations", "unknown", "not sent", "longest, s", "largest node, MB", "violations");
        foreach (var result in results)
        {
            runs.AddRow(
                $"{result.Seed}", $"{result.Episodes.Count}", $"{result.Sessions}", $"{result.Operations}", $"{result.Maybe}", $"{result.NotSent}",
                $"{result.Episodes.Select(episode => episode.LongestPause).DefaultIfEmpty().Max() / 1000:0.0}", $"{result.LargestNode}",
                result.Violations.Count == 0 ? "0" : string.Join(", ", result.Violations.CountBy(violation => violation.Kind).Select(kind => $"{kind.Value} {kind.Key}")));
        }

        AnsiConsole.Write(runs);
        Console.WriteLine(
            $"{results.Count} runs, {results.Sum(result => (long)result.Operations)} operations, {results.Sum(result => result.Violations.Count)} violations.");
    }

    // The session's operations before and after the one that showed it, with what was done to the cluster in between.
    private static void Around(Violation violation, History history)
    {
        var own = history.Operations.Where(operation => operation.Session == violation.Session).OrderBy(operation => operation.End).ToList();
        var index = own.FindIndex(operation => operation.Number == violation.Operation);
        if (index < 0)
        {
            return;
        }

        var shown = own.Skip(index - LinesAround).Take((index < LinesAround ? index : LinesAround) + 3).ToList();
        var lines = shown.Select(operation => (At: operation.End, Text: History.Text(operation)))
            .Concat(history.Faults.Where(fault => fault.At >= shown[0].Start && fault.At <= shown[^1].End).Select(fault => (fault.At, Text: $"-- {fault.What}")));
        foreach (var (at, text) in lines.OrderBy(line => line.At))
        {
            Console.WriteLine($"  {at / 1000,8:0.000}  {text}");
        }
    }
}
