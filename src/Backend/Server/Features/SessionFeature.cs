using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary><c>HttpContext.Session</c>, backed by the session's actor.</summary>
internal sealed class SessionFeature(ISession session) : ISessionFeature
{
    public ISession Session { get; set; } = session;
}
