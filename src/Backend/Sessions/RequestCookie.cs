using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What a request makes of its client's session cookie, and what of that is in the response. A struct, to be a field and nothing
/// else: every request has one.
/// </summary>
internal struct RequestCookie(LiveSession session)
{
    /// <summary>By the commits so far.</summary>
    private CookieChange _change;
    private CookieChange _written;

    /// <summary>A commit has said what becomes of it. An earlier one may have said more.</summary>
    public void Give(CookieChange change) => _change = change.Action == CookieAction.Keep ? _change : change;

    /// <summary>
    /// Puts into the response what the commits so far, and the one that is due, make of the cookie. A client whose request was
    /// sent again after a failover, or found its session under another cookie's name, may not have the cookie of a session
    /// that exists: it is given it.
    /// </summary>
    /// <param name="due">What a commit would make of it now.</param>
    public void Write(IFeatureCollection? features, CookieChange due)
    {
        if (features?.Get<IHttpResponseFeature>() is not { HasStarted: false, Headers.IsReadOnly: false })
        {
            return;
        }

        var change = due.Action == CookieAction.Keep ? _change : due;
        if (change.Action == CookieAction.Keep && session.Exists
            && !session.Cookie.IsSent(features.Get<IHttpRequestFeature>()?.Headers.Cookie ?? default, session.Id))
        {
            change = new(CookieAction.Set, session.Id);
        }

        if (change == _written)
        {
            return;
        }

        _written = change;
        if (change.Action == CookieAction.Set)
        {
            session.Cookie.Append(features, change.Id);
        }
        else if (change.Action == CookieAction.Delete)
        {
            session.Cookie.Delete(features);
        }
    }
}
