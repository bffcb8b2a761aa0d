using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Http;

/// <summary>The cookie that carries the session id: a session cookie, HttpOnly, replaced only by the session's home.</summary>
internal sealed class SessionCookie(IOptions<GatewayOptions> options)
{
    private readonly GatewayOptions _options = options.Value;

    private readonly CookieBuilder _builder = new()
    {
        Name = options.Value.CookieName,
        Domain = options.Value.CookieDomain,
        Path = options.Value.CookiePath,
        SameSite = options.Value.CookieSameSite,
        SecurePolicy = options.Value.CookieSecure,
        HttpOnly = true,
        IsEssential = true,
    };

    /// <summary>The client's session id; null where it sent none or one that we cannot have made.</summary>
    public SessionId? Read(HttpRequest request) =>
        SessionId.TryParse(request.Cookies[_options.CookieName], out var id) ? id : null;

    /// <summary>The <c>Set-Cookie</c> that a reply asks for; null for none.</summary>
    public string? Write(HttpContext context, CookieChange change)
    {
        if (change.Action == CookieAction.Keep)
        {
            return null;
        }

        var value = change.Action == CookieAction.Set ? change.Id.ToString() : "";
        var cookie = _builder.Build(context).CreateCookieHeader(_options.CookieName, value);
        if (change.Action == CookieAction.Delete)
        {
            cookie.Expires = DateTimeOffset.UnixEpoch;
        }

        return cookie.ToString();
    }
}
