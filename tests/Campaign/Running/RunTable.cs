using System.Globalization;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Running;

/// <summary>A file with a row for each run, as CSV, that several campaigns may append to.</summary>
internal static class RunTable
{
    private const string Head =
        "date,commit,seed,disks,patience,faults,episodes,operations,unknown outcome,not sent,longest operation s,whole after s,violations\n";

    /// <param name="day">When the run was.</param>
    /// <param name="commit">What was run.</param>
    public static void Append(string path, RunResult result, DateTimeOffset day, string commit)
    {
        var faults = result.Episodes.SelectMany(episode => episode.Episode.Faults).SelectMany(fault => fault.Then is { } then ? [fault, then] : new[] { fault })
            .CountBy(fault => fault.Kind).OrderBy(kind => kind.Key)
            .Select(kind => $"{kind.Key.ToString().ToLowerInvariant()}{(kind.Value == 1 ? "" : $" {kind.Value}")}");
        var broken = result.Violations.CountBy(violation => violation.Kind).Select(kind => $"{kind.Value} {kind.Key}").DefaultIfEmpty("0");
        var whole = result.Episodes.Select(episode => episode.WholeAfter?.TotalSeconds ?? double.NaN).DefaultIfEmpty().Max();
        var row = string.Create(
            CultureInfo.InvariantCulture,
            $"{day:yyyy-MM-dd},{commit},{result.Seed},{(result.HasDisks ? "yes" : "no")},{(result.HasUnevenPatience ? "uneven" : "even")},{string.Join(" + ", faults)},"
            + $"{result.Episodes.Count},{result.Operations},{result.Maybe},{result.NotSent},"
            + $"{result.Episodes.Select(episode => episode.LongestPause).DefaultIfEmpty().Max() / 1000:0.0},{whole:0.0},{string.Join(" + ", broken)}\n");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var alone = MachineLock.Take("table");
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write);
        using var writer = new StreamWriter(file);
        writer.Write(file.Position == 0 ? Head + row : row);
    }
}
