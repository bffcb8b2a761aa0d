using Microsoft.Extensions.Primitives;
using Pomegranate.Sessions;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// The session ids that a client has sent, in the order in which they are tried: there may be several, when a cookie of the
/// same name was left for another path or domain, or the app is just changing the name. The first that is a session's counts.
/// </summary>
/// <param name="First">Null where it sent none, or none that we can have made.</param>
/// <param name="Others">Null where there are none.</param>
internal readonly record struct SentSessions(SessionId? First, SessionId[]? Others)
{
    /// <summary>Each is a question to its shard, which asks the replicas: a client is not to make us ask many.</summary>
    private const int Most = 4;

    /// <summary>Reads the request's cookies: of several names the first goes first, of one name the last, as in <c>Request.Cookies</c>.</summary>
    public static SentSessions Of(StringValues cookies, ReadOnlySpan<string> names)
    {
        SessionId? first = null;
        List<SessionId>? others = null;
        foreach (var name in names)
        {
            for (var header = cookies.Count - 1; header >= 0; header--)
            {
                for (var rest = cookies[header].AsSpan(); !rest.IsEmpty;)
                {
                    var start = rest.LastIndexOf(';') + 1;
                    if (IsNamed(rest[start..].Trim(" \t"), name, out var value) && SessionId.TryParse(value, out var id))
                    {
                        if (first is null)
                        {
                            first = id;
                        }
                        else if (first != id && others?.Contains(id) != true)
                        {
                            (others ??= []).Add(id);
                        }
                    }

                    if (others?.Count == Most - 1)
                    {
                        return new(first, [.. others]);
                    }

                    rest = start > 0 ? rest[..(start - 1)] : [];
                }
            }
        }

        return new(first, others?.ToArray());
    }

    public bool Contains(SessionId id) => First == id || Others?.Contains(id) == true;

    private static bool IsNamed(ReadOnlySpan<char> cookie, string name, out ReadOnlySpan<char> value)
    {
        value = default;
        if (cookie.Length <= name.Length || cookie[name.Length] != '=' || !cookie.StartsWith(name, StringComparison.Ordinal))
        {
            return false;
        }

        value = cookie[(name.Length + 1)..];
        return true;
    }
}
