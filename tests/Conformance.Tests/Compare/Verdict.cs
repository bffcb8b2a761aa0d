namespace Pomegranate.Conformance.Compare;

/// <summary>What the comparison of one case came to.</summary>
/// <param name="Name">"group: case".</param>
/// <param name="Needed">The explanations without which the sides would differ.</param>
/// <param name="IsExplained">Whether no difference is left.</param>
internal sealed record Verdict(string Name, string Kestrel, string Cluster, IReadOnlyList<Explanation> Needed, bool IsExplained)
{
    public bool IsIdentical => Kestrel == Cluster;

    public static Verdict Of(string name, string kestrel, string cluster, IEnumerable<Explanation> explanations)
    {
        var needed = explanations.Where(explanation => explanation.Covers(name)).ToList();
        if (kestrel == cluster)
        {
            return new Verdict(name, kestrel, cluster, [], true);
        }

        if (!Equal(needed))
        {
            return new Verdict(name, kestrel, cluster, [], false);
        }

        // Those that can be left out explain nothing here.
        foreach (var candidate in needed.ToArray())
        {
            var others = needed.Where(explanation => explanation != candidate).ToList();
            if (Equal(others))
            {
                needed = others;
            }
        }

        return new Verdict(name, kestrel, cluster, needed, true);

        bool Equal(IEnumerable<Explanation> with)
        {
            var (one, other) = with.Aggregate((kestrel, cluster), (sides, explanation) => explanation.Rewrite(sides));
            return one == other;
        }
    }

    /// <summary>The lines that differ, and the two outcomes whole.</summary>
    public override string ToString()
    {
        var (one, other) = (Kestrel.Split('\n'), Cluster.Split('\n'));
        return $"""
            ==== {Name}
            {string.Join('\n', one.Except(other).Select(line => $"  Kestrel: {Short(line)}"))}
            {string.Join('\n', other.Except(one).Select(line => $"  cluster: {Short(line)}"))}
            """;
    }

    private static string Short(string line) => line.Length <= 300 ? line : line[..300] + "...";
}
