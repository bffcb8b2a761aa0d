using System.Globalization;
using System.Text.RegularExpressions;

namespace Pomegranate.Bench.Timelines;

/// <summary>One line of a node's log, as LocalCluster prints it.</summary>
internal sealed partial record TimelineLine(string Node, DateTime Time, string Text)
{
    /// <summary>Null for what is no log line of a node.</summary>
    public static TimelineLine? Parse(string line)
    {
        var match = Form().Match(line);
        return match.Success
            ? new(match.Groups["node"].Value, Latest(TimeSpan.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture)), match.Groups["text"].Value)
            : null;
    }

    /// <summary>The log names no day: the last moment at which it was this time.</summary>
    private static DateTime Latest(TimeSpan time) => DateTime.Today + time is var today && today <= DateTime.Now ? today : today.AddDays(-1);

    // backend1     | 21:03:04.123 info: Pomegranate.Membership[1010] Member ... is Removed.
    [GeneratedRegex(@"^(?<node>\S+)\s+\| (?:\e\[\d+m)?(?<time>\d\d:\d\d:\d\d\.\d{3}) (?<text>.*)$")]
    private static partial Regex Form();
}
