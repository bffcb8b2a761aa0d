using System.Collections.Concurrent;
using Microsoft.Net.Http.Headers;

namespace Pomegranate.Frontend.Answers;

/// <summary>
/// Which origins' scripts may read an app's answers, as its answers themselves have said: an answer in the app's place is
/// to be readable for them too. Thread-safe.
/// </summary>
/// <remarks>
/// Learned, because an app's policies are code: a list of origins would miss those that ask a predicate. What the app has
/// once allowed an origin counts for all of its paths; our own answers have nothing in them to hide.
/// </remarks>
internal sealed class CorsGrants
{
    /// <summary>An app that allows whoever asks would have us remember every origin there is.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, Grant> _grants = new(StringComparer.Ordinal);
    private volatile bool _isForAll;

    /// <summary>An answer of the app's has come.</summary>
    /// <param name="header">Its header of a name; null for none.</param>
    public void Learn(string origin, Func<string, string?> header)
    {
        switch (header(HeaderNames.AccessControlAllowOrigin))
        {
            case "*":
                _isForAll = true;
                break;
            case { } allowed when allowed == origin:
                if (_grants.Count >= Most)
                {
                    _grants.Clear();
                }

                _grants[origin] = new Grant(header(HeaderNames.AccessControlAllowCredentials) == "true");
                break;
        }
    }

    public bool Knows(string origin) => _isForAll || _grants.ContainsKey(origin);

    /// <summary>The headers that let the origin's scripts read an answer of ours; none where the app has not let it read its own.</summary>
    public IEnumerable<KeyValuePair<string, string>> HeadersFor(string origin)
    {
        if (_grants.TryGetValue(origin, out var grant))
        {
            yield return new(HeaderNames.AccessControlAllowOrigin, origin);
            if (grant.WithCredentials)
            {
                yield return new(HeaderNames.AccessControlAllowCredentials, "true");
            }
        }
        else if (_isForAll)
        {
            yield return new(HeaderNames.AccessControlAllowOrigin, "*");
        }
        else
        {
            yield break;
        }

        yield return new(HeaderNames.AccessControlExposeHeaders, HeaderNames.RetryAfter);
        yield return new(HeaderNames.Vary, HeaderNames.Origin);
    }

    private sealed record Grant(bool WithCredentials);
}
