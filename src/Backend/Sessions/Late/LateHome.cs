using Akka.Actor;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions.Late;

/// <summary>What a request says to its session's home once its response has begun: the home may be on another node by then.</summary>
internal static class LateHome
{
    /// <summary>What a move of the session takes, and its commit.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What the session is called from the response's start on: the request may have renewed it, or another before it.</summary>
    public static SessionId IdOf(LiveSession session, SessionChanges changes) => changes.NewId ?? session.FollowedTo ?? session.Id;

    /// <summary>Whether what the request's home has of the session may be old.</summary>
    public static bool IsElsewhere(LiveSession session, SessionChanges changes) =>
        changes.NewId is not null || (session.IsClosed && session.FollowedTo is null);

    /// <summary>The session as a request sees it that uses it anew.</summary>
    public static async Task<SessionEntry?> EntryAsync(LiveSession session, SessionChanges changes) =>
        IsElsewhere(session, changes) ? await session.RecoverAsync(changes.NewId ?? session.Id) : session.Entry;

    /// <param name="isExclusive">Whether it must overwrite nothing that the request has read and others have changed since.</param>
    /// <param name="ticket">The request's part in the turns here.</param>
    /// <returns>What the changed attributes have now.</returns>
    /// <exception cref="SessionCommitException">The change is not stored.</exception>
    public static async Task<SessionVersion> StoreAsync(LiveSession session, SessionChanges changes, bool isExclusive, TurnTicket? ticket)
    {
        KeyValuePair<string, byte[]?>[] attributes = [.. changes.Attributes];
        KeyValuePair<string, SessionVersion>[] reads = isExclusive ? [.. changes.ReadAndChanged] : [];
        var id = IdOf(session, changes);
        var version = await StoreAsync(session, new LateChange(id, changes.IsCleared, attributes, reads) { Ticket = ticket, Turn = session.Turn }, session.Options.TurnTimeout + Patience);
        if (changes.NewId is null && session.FollowedTo == id)
        {
            session.FollowedBy(attributes, changes.IsCleared, version);
        }

        return version;
    }

    /// <param name="patience">The home may have died with what it was told: then nothing comes, and the change is not sent again, for it may be stored.</param>
    /// <returns>What the changed attributes have now.</returns>
    /// <exception cref="SessionCommitException">The change is not stored.</exception>
    public static async Task<SessionVersion> StoreAsync(LiveSession session, LateChange change, TimeSpan patience)
    {
        LateReply reply;
        try
        {
            reply = await session.HomeOf(change.SessionId).Ask<LateReply>(change, patience);
        }
        catch (AskTimeoutException)
        {
            reply = new(LateResult.Refused, "The session's home has not answered. The change may be stored or not.");
        }

        if (reply.Result == LateResult.Conflict)
        {
            TurnMetrics.Conflicts.Add(1, TurnMetrics.Begun);
        }

        if (reply.Result != LateResult.Stored)
        {
            throw new SessionCommitException($"What the request has changed in its session late is not stored. {reply.Reason}");
        }

        return reply.Version;
    }

    public static void NoteUse(LiveSession session, SessionId id) => session.HomeOf(id).Tell(LateChange.UseOf(id), ActorRefs.NoSender);
}
