using Pomegranate.Clustering;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// The session cookie for homes of earlier builds, which leave it to the frontend. Homes of this build write it into the
/// app's response and ask for nothing here.
/// </summary>
internal sealed class EarlierHomeCookie(string app)
{
    private readonly string _name = SessionCookieName.DefaultOf(app);

    private readonly CookieBuilder _builder = new()
    {
        Path = "/", SameSite = SameSiteMode.Lax, SecurePolicy = CookieSecurePolicy.SameAsRequest, HttpOnly = true, IsEssential = true,
    };

    /// <summary>The <c>Set-Cookie</c> that a reply asks for; null for none.</summary>
    public string? Write(HttpContext context, SentSessions sent, CookieChange change)
    {
        if (change.Action == CookieAction.Keep && (change.Id == default || sent.Contains(change.Id)))
        {
            return null;
        }

        var cookie = _builder.Build(context).CreateCookieHeader(_name, change.Action == CookieAction.Delete ? "" : change.Id.ToString());
        if (change.Action == CookieAction.Delete)
        {
            cookie.Expires = DateTimeOffset.UnixEpoch;
        }

        return cookie.ToString();
    }
}
