using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;

namespace Pomegranate.Backend;

/// <summary>What a session can do besides ASP.NET Core's own <see cref="ISession"/>.</summary>
public static class PomegranateSessionExtensions
{
    /// <summary>
    /// Gives the session a fresh id, keeping its attributes, and the client its cookie, when the response starts. Call
    /// it when someone signs in: an id that was planted before is worth nothing afterwards (OWASP: session fixation).
    /// Where the app runs without a cluster it does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The response has started, or the endpoint's access is read-only.</exception>
    public static Task RenewIdAsync(this ISession session) =>
        session is RequestSession ours ? ours.RenewIdAsync() : Task.CompletedTask;

    /// <summary>
    /// Ends the session everywhere and deletes the client's cookie when the response starts. Where the app runs without
    /// a cluster it clears the session.
    /// </summary>
    /// <exception cref="InvalidOperationException">The response has started, or the endpoint's access is read-only.</exception>
    public static Task AbandonAsync(this ISession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session is RequestSession ours)
        {
            return ours.AbandonAsync();
        }

        session.Clear();
        return Task.CompletedTask;
    }
}
