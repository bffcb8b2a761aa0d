using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Running;

/// <summary>What came of one run.</summary>
/// <param name="HasDisks">Whether sessions were kept on disk too.</param>
/// <param name="HasUnevenPatience">Whether nodes differed in how long they bore silence.</param>
/// <param name="Sessions">How many there were in all.</param>
/// <param name="Maybe">Operations whose outcome the client was not told.</param>
/// <param name="LargestNode">The resident memory of the largest node at rest, in MB.</param>
internal sealed record RunResult(
    int Seed,
    bool HasDisks,
    bool HasUnevenPatience,
    string Path,
    int Operations,
    int Sessions,
    int Maybe,
    int NotSent,
    long LargestNode,
    IReadOnlyList<EpisodeResult> Episodes,
    IReadOnlyList<Violation> Violations)
{
    /// <summary>Judges the history.</summary>
    /// <param name="found">What was found beside it.</param>
    public static RunResult Of(
        int seed, CampaignOptions options, History history, string path, long largest, IEnumerable<EpisodeResult> episodes, IEnumerable<Violation> found)
    {
        var operations = history.Operations;
        return new RunResult(
            seed,
            options.HasDisks(seed),
            options.HasUnevenPatience(seed),
            path,
            operations.Count,
            operations.Select(operation => operation.Session).Distinct().Count(),
            operations.Count(operation => operation.Outcome == Outcome.Maybe),
            operations.Count(operation => operation.Outcome == Outcome.NotSent),
            largest,
            [.. episodes.Select(episode => Measured(episode, operations))],
            [.. found.Concat(HistoryChecker.Check(operations, options.Deadline)).OrderBy(violation => violation.At)]);
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

/// <summary>What came of one episode.</summary>
/// <param name="Began">ms since the run began; its end likewise.</param>
/// <param name="WholeAfter">How long after the last fault had ended the cluster was whole; null if it never was.</param>
internal sealed record EpisodeResult(Episode Episode, double Began, double Ended, TimeSpan? WholeAfter)
{
    /// <summary>The longest any operation took that was under way then, ms.</summary>
    public double LongestPause { get; init; }

    public int Maybe { get; init; }
}
