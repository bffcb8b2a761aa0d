using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Faults;

namespace Pomegranate.Campaign.Running;

/// <summary>What came of one run.</summary>
/// <param name="Sessions">How many there were in all.</param>
/// <param name="Maybe">Operations whose outcome the client was not told.</param>
/// <param name="LargestNode">The resident memory of the largest node at rest, in MB.</param>
internal sealed record RunResult(
    int Seed,
    string History,
    int Operations,
    int Sessions,
    int Maybe,
    int NotSent,
    long LargestNode,
    IReadOnlyList<EpisodeResult> Episodes,
    IReadOnlyList<Violation> Violations);

/// <summary>What came of one episode.</summary>
/// <param name="Began">ms since the run began; its end likewise.</param>
/// <param name="WholeAfter">How long after the last fault had ended the cluster was whole; null if it never was.</param>
internal sealed record EpisodeResult(Episode Episode, double Began, double Ended, TimeSpan? WholeAfter)
{
    /// <summary>The longest any operation took that was under way then, ms.</summary>
    public double LongestPause { get; init; }

    public int Maybe { get; init; }
}
