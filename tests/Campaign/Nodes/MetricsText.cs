using System.Globalization;
using System.Text.RegularExpressions;

namespace Pomegranate.Tests;

/// <summary>A node's <c>/metrics</c>, in Prometheus' text format. Linked into whatever reads it.</summary>
internal static partial class MetricsText
{
    /// <summary>All series of an instrument added up; its name may have a suffix for its unit.</summary>
    /// <param name="tags">A pattern that the series' labels must match.</param>
    public static double Sum(string metrics, string name, string tags = "") => Series().Matches(metrics)
        .Where(series => series.Groups["name"].Value.StartsWith(name, StringComparison.Ordinal)
            && Regex.IsMatch(series.Groups["tags"].Value, tags))
        .Sum(series => double.Parse(series.Groups["value"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?<name>[a-z0-9_]+)(?:\{(?<tags>[^}]*)\})? (?<value>[-+0-9.eE]+)", RegexOptions.Multiline)]
    private static partial Regex Series();
}
