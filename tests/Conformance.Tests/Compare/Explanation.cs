using System.Text.RegularExpressions;

namespace Pomegranate.Conformance.Compare;

/// <summary>A known difference, as narrow as can be: what to rewrite on each side so that the sides become equal.</summary>
/// <param name="Id">Its name in docs/conformance.md.</param>
/// <param name="Reason">Why it may stay, or that it must not.</param>
/// <param name="Cases">A pattern of the cases, which are named "group: case".</param>
internal sealed record Explanation(string Id, string Reason, string Cases = "")
{
    /// <summary>Patterns in the text of Kestrel's outcome, and what takes their place.</summary>
    public (string Find, string Put)[] Kestrel { get; init; } = [];

    /// <summary>Patterns in the text of the cluster's outcome, and what takes their place.</summary>
    public (string Find, string Put)[] Cluster { get; init; } = [];

    public bool Covers(string name) => Regex.IsMatch(name, Cases);

    public (string Kestrel, string Cluster) Rewrite((string Kestrel, string Cluster) sides)
        => (Rewrite(sides.Kestrel, Kestrel), Rewrite(sides.Cluster, Cluster));

    private static string Rewrite(string text, (string Find, string Put)[] rewrites)
        => rewrites.Aggregate(text, (so, rewrite) => Regex.Replace(so, rewrite.Find, rewrite.Put, RegexOptions.Multiline));
}
