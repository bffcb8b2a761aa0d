using Pomegranate.Frontend.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Http;

/// <summary>The cookie that carries the session id: a session cookie, HttpOnly, replaced only by the session's home.</summary>
internal sealed class SessionCookie(GatewayOptions options)
{
    private readonly CookieBuilder _builder = new()
    {
        Name = options.CookieName,
        Domain = options.CookieDomain,
        Path = options.CookiePath,
        SameSite = options.CookieSameSite,
        SecurePolicy = options.CookieSecure,
        HttpOnly = true,
        IsEssential = true,
    };

    /// <summary>The client's session id; null where it sent none or one that we cannot have made.</summary>
    public SessionId? Read(HttpRequest request) =>
        SessionId.TryParse(request.Cookies[options.CookieName], out var id) ? id : null;

    /// <summary>The <c>Set-Cookie</c> that a reply asks for; null for none.</summary>
    public string? Write(HttpContext context, CookieChange change)
    {
        if (change.Action == CookieAction.Keep && (change.Id == default || change.Id == Read(context.Request)))
        {
            return null;
        }

        // Keep, with an id the client does not have: the request that established the session was answered by a second
        // home, because the first died before its answer with the cookie.
        var value = change.Action == CookieAction.Delete ? "" : change.Id.ToString();
        var cookie = _builder.Build(context).CreateCookieHeader(options.CookieName, value);
        if (change.Action == CookieAction.Delete)
        {
            cookie.Expires = DateTimeOffset.UnixEpoch;
        }

        return cookie.ToString();
    }
}
