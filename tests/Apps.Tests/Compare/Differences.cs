using Pomegranate.Conformance.Compare;

namespace Pomegranate.Apps.Compare;

/// <summary>Every difference that may be, with its reason (the same table is in docs/conformance.md).</summary>
internal static class Differences
{
    public static readonly Explanation[] Explained =
    [
        new("session-cookie-name", "An app that sets no name for its session cookie has `.Pomegranate.Session` for it; on Kestrel `.AspNetCore.Session`.")
        {
            Cluster = [(@"\.Pomegranate\.Session", ".AspNetCore.Session")],
        },
    ];
}
