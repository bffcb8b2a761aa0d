using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>Turns what a request made of its session into one commit, its outcome included if it is exactly-once.</summary>
internal static class SessionCommit
{
    /// <summary>What becomes of the client's cookie; null where there is nothing to commit.</summary>
    /// <param name="isEarly">The request goes on.</param>
    /// <exception cref="Server.SessionCommitException">The changes could not be acknowledged by enough replicas.</exception>
    public static async ValueTask<CookieChange?> CommitAsync(
        LiveSession session, SessionChanges changes, RequestId request, Outcome? outcome, bool isEarly = false)
    {
        if (!IsDue(session, changes, outcome is not null))
        {
            return null;
        }

        var cookie = CookieAfter(session, changes);
        var attributes = changes.Attributes;
        if (changes.IsAbandoned)
        {
            if (session.Exists)
            {
                await session.EndAsync(SessionEndReason.Abandoned, outcome);
            }
        }
        else if (changes.NewId is { } newId)
        {
            await session.RenewAsync(newId, attributes, changes.IsCleared, outcome);
        }
        else
        {
            await session.CommitAsync(attributes, changes.IsCleared, attributes.Count > 0 ? request : null, outcome, isEarly);
        }

        return cookie;
    }

    /// <summary>What a commit would make of the client's cookie now.</summary>
    public static CookieChange CookieDue(LiveSession session, SessionChanges changes, bool hasOutcome) =>
        IsDue(session, changes, hasOutcome) ? CookieAfter(session, changes) : default;

    /// <summary>What the commit will make of the client's cookie if there is one.</summary>
    public static CookieChange CookieAfter(LiveSession session, SessionChanges changes) =>
        changes.IsAbandoned ? new(CookieAction.Delete, session.Id)
        : changes.NewId is { } newId ? new(CookieAction.Set, newId)
        : session.Exists ? default
        : new(CookieAction.Set, session.Id);

    /// <summary>Whether there is anything to commit.</summary>
    private static bool IsDue(LiveSession session, SessionChanges changes, bool hasOutcome) =>
        hasOutcome || changes.IsAbandoned || changes.NewId is not null || changes.Attributes.Count > 0
        || (changes.IsCleared && session.Exists) || session.AccessIsDue;
}
