using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// How what one request changes becomes part of its session: in turn, and only if nobody's change is overwritten that the request
/// has not seen. Until its response starts a request that has lost begins again, if it may; after that its app is told.
/// </summary>
internal sealed class RequestCommit(LiveSession session, RequestId request, RequestTurn turn, bool isDetached)
{
    public SessionChanges Changes { get; } = new();

    public RequestTurn Turn => turn;

    /// <summary>
    /// The session has ended: the request sees an empty one, and keeps what it changes to itself, or begins a session with it if it
    /// asks for another id. One that was there before the session moved to another id sees what it would have seen then, and its
    /// changes follow the session.
    /// </summary>
    public bool IsDetached { get; private set; } = isDetached;

    /// <summary>The request is to begin again: nothing that it does counts.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Whether something was committed before the response started.</summary>
    public bool IsEarly { get; private set; }

    /// <summary>Whether the last commit had anything to commit.</summary>
    public bool HasCommitted { get; private set; }

    /// <summary>Whether what is here of the session is not, or no longer, what the request sees.</summary>
    public bool IsElsewhere => LateHome.IsElsewhere(session, Changes);

    /// <summary>The request reads the session anew.</summary>
    public void StartFrom(SessionEntry? found, bool isLate)
    {
        IsDetached |= session.HasEnded && session.FollowedTo is null && !IsElsewhere;
        Changes.StartFrom(IsDetached ? null : found);
        if (IsDetached || isLate || IsEarly || found is null)
        {
            return;
        }

        if (LastRequest.Undo(found, request) is { } former)
        {
            Changes.Undo(former);
        }
        else if (session.BeforeInherited(request) is { } before)
        {
            Changes.Repeat(before);
        }
    }

    /// <summary>Those that the request has caused may have changed the session: it goes on from what they have made.</summary>
    public void Follow()
    {
        if (turn.IsBehind())
        {
            Changes.GoOnFrom(session.Entry);
        }
    }

    /// <summary>Commits before the response starts.</summary>
    /// <param name="outcome">What comes of the request, if it is exactly-once.</param>
    /// <param name="isEarly">The app commits, and goes on.</param>
    /// <param name="canBeginAgain">Whether it can be run again from its start, as far as its endpoint says.</param>
    /// <returns>What becomes of the client's cookie.</returns>
    /// <exception cref="SessionConflictException">What the request has read is no longer so: it has to begin again.</exception>
    /// <exception cref="SessionCommitException">The changes cannot be committed.</exception>
    public async Task<CookieChange> CommitAsync(Outcome? outcome, bool isEarly, bool canBeginAgain)
    {
        RefuseIfLost();
        HasCommitted = false;
        if (session.IsAtHomeElsewhere)
        {
            // It has changed nothing; what came of it is kept where it would be looked for.
            if (outcome is not null)
            {
                await FollowAsync(session.Id, outcome);
            }

            return default;
        }

        var hasChanges = Changes.IsAny;
        if ((hasChanges || outcome is not null) && !IsDetached)
        {
            if (hasChanges && turn.Ticket is { } ticket)
            {
                await RequestTurn.CommitAsync(session, ticket);
                Follow();
                RefuseConflict(ticket, canBeginAgain && !IsEarly);
            }

            if (session.FollowedTo is { } moved && Changes.NewId is null)
            {
                await FollowAsync(moved, outcome);
                IsEarly |= hasChanges;
                return default;
            }

            IsDetached = session.HasEnded && session.FollowedTo is null;
        }

        if (IsDetached && Changes.NewId is null)
        {
            // What is changed ends with the session.
            return default;
        }

        CookieChange? cookie;
        try
        {
            cookie = await SessionCommit.CommitAsync(session, Changes, request, outcome, isEarly);
        }
        catch (SessionCommitException) when (turn.Ticket is null && Changes.NewId is null && session.FollowedTo is not null)
        {
            // One that takes no turn has met a renewal.
            await FollowAsync(session.FollowedTo!.Value, outcome);
            return default;
        }

        if (cookie is not null)
        {
            HasCommitted = true;
            IsEarly |= hasChanges;
            var now = session.Entry;
            Changes.Committed(new SessionSnapshot(now).VersionOf);
            Changes.StartFrom(now);
        }

        return cookie ?? default;
    }

    /// <summary>Stores what has been changed since the response began.</summary>
    /// <param name="isExclusive">Whether it must overwrite nothing that the request has read and others have changed since.</param>
    /// <exception cref="SessionCommitException">It is not stored, and forgotten.</exception>
    public async Task CommitLateAsync(bool isExclusive)
    {
        try
        {
            if (!IsDetached && Changes.AreAny)
            {
                var version = await LateHome.StoreAsync(session, Changes, isExclusive, turn.Ticket);
                Changes.Committed(_ => version);
            }
        }
        finally
        {
            Changes.Forget();
        }
    }

    /// <exception cref="SessionConflictException">It has.</exception>
    public void RefuseIfLost()
    {
        if (HasLost)
        {
            throw new SessionConflictException();
        }
    }

    private void RefuseConflict(TurnTicket ticket, bool canBeginAgain)
    {
        if (!ticket.IsYielding || (canBeginAgain ? Changes.StillHold(session.Entry) : Changes.OverwriteNothing(session.Entry)))
        {
            return;
        }

        TurnMetrics.Conflicts.Add(1, TurnMetrics.NotBegun);
        if (!canBeginAgain)
        {
            throw new SessionCommitException(
                "The request has committed its session early, and was to change it again; another request has changed meanwhile what this one had read. "
                + "Read the session again after CommitAsync().");
        }

        HasLost = true;
        RefuseIfLost();
    }

    /// <summary>As if the request had come just before the session moved: it has seen nothing of the renewed one, and its client gets no cookie.</summary>
    private async Task FollowAsync(SessionId moved, Outcome? outcome)
    {
        KeyValuePair<string, byte[]?>[] changes = [.. Changes.Attributes];
        KeyValuePair<string, SessionVersion>[] reads = turn.Ticket is null ? [] : [.. Changes.ReadAndChanged];
        // Not a whole turn's wait besides: its client waits.
        var version = await LateHome.StoreAsync(
            session, new LateChange(moved, Changes.IsCleared, changes, reads) { Outcome = outcome?.ToBytes() }, LateHome.Patience);
        session.FollowedBy(changes, Changes.IsCleared, version);
        Changes.Committed(_ => version);
        Changes.StartFrom(session.Entry);
    }
}
