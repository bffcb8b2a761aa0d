using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Pomegranate.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The session cookie, as the app's <see cref="SessionOptions"/> describe it. It goes into the app's own response, through
/// its own cookie feature, so caches, cookie policy, consent and the app's middleware see it as they see any other.
/// </summary>
internal sealed class SessionCookie(SessionOptions options)
{
    private readonly string _name = options.Cookie.Name!;

    /// <summary>Whether the request has a cookie of the name with this id.</summary>
    public bool IsSent(StringValues cookies, SessionId id)
    {
        Span<char> text = stackalloc char[SessionId.TextLength];
        id.Format(text);
        foreach (var header in cookies)
        {
            for (var rest = header.AsSpan(); rest.IndexOf(text) is >= 0 and var at; rest = rest[(at + 1)..])
            {
                if (rest[..at].EndsWith('=') && IsNameAtTheEnd(rest[..(at - 1)]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Gives the client the id, and keeps caches from keeping it: with the headers that ASP.NET Core's session sets.</summary>
    public void Append(IFeatureCollection features, SessionId id)
    {
        var context = new DefaultHttpContext(features);
        context.Response.Cookies.Append(_name, id.ToString(), options.Cookie.Build(context));
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache,no-store";
        headers.Pragma = "no-cache";
        headers.Expires = "-1";
    }

    /// <summary>Takes it from the client.</summary>
    public void Delete(IFeatureCollection features)
    {
        var context = new DefaultHttpContext(features);
        var cookie = options.Cookie.Build(context);

        // It would outweigh the date in the past that deletes.
        cookie.MaxAge = null;
        context.Response.Cookies.Delete(_name, cookie);
    }

    /// <summary>The same response without the cookie: for a client that has got it, and perhaps a later one since.</summary>
    public WebResponse Without(WebResponse response) =>
        response.Headers.Any(IsOurs) ? response with { Headers = [.. response.Headers.Select(WithoutOurs).Where(header => header.Value.Count > 0)] } : response;

    private bool IsNameAtTheEnd(ReadOnlySpan<char> text) =>
        text.EndsWith(_name, StringComparison.Ordinal) && (text.Length == _name.Length || text[^(_name.Length + 1)] is ' ' or ';' or '\t');

    private bool IsOurs(KeyValuePair<string, StringValues> header) =>
        header.Key.Equals(HeaderNames.SetCookie, StringComparison.OrdinalIgnoreCase) && header.Value.Any(IsOurs);

    private bool IsOurs(string? setCookie) =>
        setCookie is not null && setCookie.Length > _name.Length && setCookie[_name.Length] == '=' && setCookie.StartsWith(_name, StringComparison.Ordinal);

    private KeyValuePair<string, StringValues> WithoutOurs(KeyValuePair<string, StringValues> header) =>
        IsOurs(header) ? new(header.Key, header.Value.Where(value => !IsOurs(value)).ToArray()) : header;
}
