using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>A request's hold on its session, as the server that runs the request sees it.</summary>
internal interface IRequestSession
{
    /// <summary>What the app gets as <c>HttpContext.Session</c>.</summary>
    ISession Session { get; }

    /// <summary>Makes the session known to the request's features, before the app sees them.</summary>
    void Attach(IFeatureCollection features);

    /// <summary>
    /// Commits the request's changes to the session and ends its exclusive turn. The server calls it once, after the
    /// response's <c>OnStarting</c> callbacks and before its headers are frozen; the session refuses changes afterwards.
    /// </summary>
    /// <exception cref="SessionCommitException">The changes could not be acknowledged by enough replicas.</exception>
    Task CommitAsync();
}
