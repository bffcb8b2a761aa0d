using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Session;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What <c>UseSession()</c> asks for a session: it gets the one the request already has. The middleware's own cookie is
/// never set, because its callback for that is never called; ours is, in its place and as its options say.
/// </summary>
internal sealed class CurrentSessionStore(IHttpContextAccessor accessor) : ISessionStore
{
    public ISession Create(string sessionKey, TimeSpan idleTimeout, TimeSpan ioTimeout, Func<bool> tryEstablishSession, bool isNewSessionKey)
    {
        var context = accessor.HttpContext;
        var session = context?.Features.Get<ISessionFeature>()?.Session

            // The middleware removes the session when it is done, and an error page runs the pipeline, with it, again.
            ?? context?.Features.Get<IPomegranateSessionFeature>() as ISession
            ?? throw new InvalidOperationException("UseSession() ran outside a request of the Pomegranate server.");
        if (session is RequestSession ours)
        {
            ours.WriteCookieWithTheCallbacksOf(context!.Response);
        }

        return session;
    }
}
