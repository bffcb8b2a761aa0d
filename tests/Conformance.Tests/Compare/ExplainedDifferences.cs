namespace Pomegranate.Conformance.Compare;

/// <summary>Every difference that may be, each with its reason. The same table is in docs/conformance.md.</summary>
internal static class ExplainedDifferences
{
    public static readonly Explanation[] All =
    [
        new("length-for-chunks", "A body whose length the app left open has a Content-Length instead of chunks: the same meaning.")
        {
            Kestrel = [(@"^framing: (?:chunked|open)$", "framing: by length")],
        },
    ];
}
