using System.Text.RegularExpressions;

namespace Pomegranate.Conformance.Compare;

/// <summary>
/// A WebSocket whose client breaks the protocol: ASP.NET Core says so in a close frame (1002, 1007) and aborts the request
/// at once. On Kestrel the abort can overtake the last frames; the cluster loses none.
/// </summary>
internal static partial class LastWords
{
    private const string End = "\nend: ended";

    /// <summary>
    /// Kestrel's outcome with what it lost: the cluster's, if that begins with all that Kestrel delivered and ends with a
    /// close frame that the app, not the frontend (1001), has sent.
    /// </summary>
    public static string Restored(string kestrel, string cluster)
    {
        var delivered = kestrel.EndsWith(End, StringComparison.Ordinal) ? kestrel[..^End.Length] : kestrel;
        return (cluster + "\n").StartsWith(delivered + "\n", StringComparison.Ordinal) && OwnClose().IsMatch(cluster) ? cluster : kestrel;
    }

    [GeneratedRegex(@"\nframe 88, \d+ bytes: (?!1001 )\d+ .*\nend: ended$")]
    private static partial Regex OwnClose();
}
