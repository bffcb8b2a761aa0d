using System.Diagnostics.CodeAnalysis;

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
        else if (raw.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || raw.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
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

    private static int PathLength(string raw) => raw.IndexOf('?') is >= 0 and var query ? query : raw.Length;
}
