namespace Pomegranate.Conformance.Cases;

/// <summary>All cases: a group for each idea, a file for each group.</summary>
internal static class Corpus
{
    public static readonly IReadOnlyList<(string Group, Case Case)> All =
    [
        .. Group("methods", Methods.All),
    ];

    private static IEnumerable<(string Group, Case Case)> Group(string group, IEnumerable<Case> cases)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var @case in cases)
        {
            yield return names.Add(@case.Name) ? (group, @case) : throw new InvalidOperationException($"Two cases of '{group}' are named '{@case.Name}'.");
        }
    }
}
