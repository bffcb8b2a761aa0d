using System.Text.RegularExpressions;

namespace Pomegranate.Bench.Timelines;

/// <summary>A step of a failover, and the log line by which a node says that it has come to it.</summary>
/// <param name="Pattern">{dead} stands for the address of the node that the fault befell.</param>
internal sealed record TimelineStep(string Name, string Pattern)
{
    /// <summary>In the order in which they are to come.</summary>
    public static readonly IReadOnlyList<TimelineStep> All =
    [
        new("liveness connection closed", @"\[1212\].*{dead}"),
        new("death proven", @"\[120[01]\].*{dead}"),
        new("member unreachable", @"\[1011\].*{dead}"),
        new("member leaving", @"\[1010\].*{dead} is Leaving"),
        new("member exiting", @"\[1010\].*{dead} is Exiting"),
        new("member down", @"\[1010\].*{dead} is Down"),
        new("member removed", @"\[1010\].*{dead} is Removed"),
        new("coordinator starts", @"\[2300\]"),
        new("coordinator has its state", "ShardCoordinator was moved to the active state"),
        new("shards allocated", @"\[2301\]"),
        new("requests in doubt", "asking after"),
        new("sessions recovered", @"\[2206\]"),
        new("no request in doubt", "No request is in doubt any more"),
    ];

    public bool Is(TimelineLine line, string dead) =>
        Regex.IsMatch(line.Text, Pattern.Replace("{dead}", Regex.Escape(dead), StringComparison.Ordinal));
}
