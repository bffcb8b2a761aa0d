using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Server;

/// <summary>A request target taken apart as Kestrel does it: the path decoded, the query as sent.</summary>
internal sealed record RequestTarget(string Path, string QueryString)
{
    private static readonly RequestTarget None = new("", "");

    /// <summary>Parses the four forms of RFC 9112 section 3.2; false where Kestrel would answer 400.</summary>
    public static bool TryParse(string method, string raw, [NotNullWhen(true)] out RequestTarget? target)
    {
        target = null;
        if (raw.StartsWith('/'))
        {
            var pathLength = PathLength(raw);
            if (PathDecoder.TryDecode(raw.AsSpan(0, pathLength), out var path))
            {
                target = new RequestTarget(path, raw[pathLength..]);
            }
        }
        else if (raw == "*")
        {
            target = method == "OPTIONS" ? None : null;
        }
        else if (raw.StartsWith("http://", StringComparison.Ordinal) || raw.StartsWith("https://", StringComparison.Ordinal))
        {
            if (Uri.TryCreate(raw, UriKind.Absolute, out var uri))
            {
                // The query is cut from the text because Uri.Query re-escapes it.
                target = new RequestTarget(uri.LocalPath, raw[PathLength(raw)..]);
            }
        }
        else
        {
            target = method == "CONNECT" ? None : null;
        }

        return target is not null;
    }

    /// <summary>
    /// What of the path is the base and what the app's own, as <c>UsePathBase</c> would part them: whole segments, whatever
    /// their case. All of it is the app's own where it does not begin so.
    /// </summary>
    public (string Base, string Path) PartAt(string pathBase) =>
        pathBase.Length > 0 && new PathString(Path).StartsWithSegments(pathBase, StringComparison.OrdinalIgnoreCase, out var matched, out var rest)
            ? (matched.Value!, rest.Value!)
            : ("", Path);

    private static int PathLength(string raw) => raw.IndexOf('?') is >= 0 and var query ? query : raw.Length;
}
