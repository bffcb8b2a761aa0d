using System.Globalization;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Running;

/// <summary>A file with a row for each run, as Markdown, that several campaigns may append to.</summary>
internal static class RunTable
{
    private const string Head = """
        | Seed | Disks | Faults | Episodes | Operations | Unknown outcome | Not sent | Longest operation, s | Whole after, s | Violations |
        |---|---|---|---|---|---|---|---|---|---|

        """;

    public static void Append(string path, RunResult result)
    {
        var faults = result.Episodes.SelectMany(episode => episode.Episode.Faults).CountBy(fault => fault.Kind).OrderBy(kind => kind.Key)
            .Select(kind => $"{kind.Key.ToString().ToLowerInvariant()}{(kind.Value == 1 ? "" : $" {kind.Value}")}");
        var broken = result.Violations.CountBy(violation => violation.Kind).Select(kind => $"{kind.Value} {kind.Key}").DefaultIfEmpty("0");
        var row = string.Create(
            CultureInfo.InvariantCulture,
            $"| {result.Seed} | {(result.HasDisks ? "yes" : "")} | {string.Join(", ", faults)} | {result.Episodes.Count} | {result.Operations:N0} | {result.Maybe} "
            + $"| {result.NotSent} | {result.Episodes.Select(episode => episode.LongestPause).DefaultIfEmpty().Max() / 1000:0.0} "
            + $"| {result.Episodes.Select(episode => episode.WholeAfter?.TotalSeconds ?? double.NaN).DefaultIfEmpty().Max():0.0} | {string.Join(", ", broken)} |\n");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var alone = MachineLock.Take("table");
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write);
        using var writer = new StreamWriter(file);
        writer.Write(file.Position == 0 ? Head + row : row);
    }
}
