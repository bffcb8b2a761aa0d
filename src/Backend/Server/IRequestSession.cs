using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>A request's hold on its session, as the server that runs the request sees it.</summary>
internal interface IRequestSession
{
    /// <summary>What the app gets as <c>HttpContext.Session</c>.</summary>
    ISession Session { get; }

    /// <summary>Makes the session known to the request's features, before the app sees them.</summary>
    void Attach(IFeatureCollection features);

    /// <summary>
    /// Whether the response is part of what is committed: then the server calls <see cref="Seal"/> where it would commit,
    /// holds the response until it is complete, and commits then. Final once routing has chosen the endpoint.
    /// </summary>
    bool IsExactlyOnce { get; }

    /// <summary>The response starts and is held: its headers get what the session has to say, and changes are refused.</summary>
    void Seal();

    /// <summary>
    /// Commits the request's changes to the session and ends its exclusive turn. The server calls it once, after the
    /// response's <c>OnStarting</c> callbacks and before its headers are frozen.
    /// </summary>
    /// <param name="outcome">Where <see cref="IsExactlyOnce"/>: the whole response, null if it does not fit a message.</param>
    /// <exception cref="SessionCommitException">The changes could not be acknowledged by enough replicas.</exception>
    Task CommitAsync(WebResponse? outcome);

    /// <summary>
    /// The app has returned: commits what it has changed since <see cref="CommitAsync"/>. The server may call it again, where
    /// its callbacks come later still.
    /// </summary>
    /// <exception cref="SessionCommitException">It could not be committed.</exception>
    Task EndAsync();
}
