using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Sessions.Late;

/// <summary>A <see cref="LateChange"/> at the session's home: committed in turn, and only if what it was made of is still so.</summary>
internal static class LateCommit
{
    public static async Task<LateReply> RunAsync(LiveSession session, LateChange change)
    {
        if (!session.Exists)
        {
            return new(LateResult.Refused, "The session has ended.");
        }

        var isHere = change.Turn == session.Turn && change.Ticket is not null;
        var ticket = isHere ? change.Ticket! : new TurnTicket(isYielding: true);
        try
        {
            if (change.IsEmpty)
            {
                if (session.AccessIsDue)
                {
                    await session.CommitAsync([], clears: false, request: null);
                }

                return new(LateResult.Stored);
            }

            // An outcome alone overwrites nothing.
            if (change.Clears || change.Changes.Length > 0)
            {
                await RequestTurn.CommitAsync(session, ticket);
            }

            if (!session.Exists)
            {
                return new(LateResult.Refused, "The session has ended.");
            }

            var now = new SessionSnapshot(session.Entry);
            if (change.Reads.Any(read => now.VersionOf(read.Key) != read.Value))
            {
                return new(LateResult.Conflict, "Another request of the session has changed what this one had read before it changed it.");
            }

            var outcome = change.Outcome is null ? null : Outcome.Read(change.Outcome);
            if (outcome?.Key is { } key && Outcomes.Find(session.Entry, key) is not null)
            {
                return new(LateResult.Conflict, $"The request's {IdempotencyKey.Header} has come again meanwhile, and has run.");
            }

            return new(LateResult.Stored, Version: await session.CommitAsync(change.Changes, change.Clears, request: null, outcome));
        }
        catch (SessionCommitException failure)
        {
            session.Logger.CommitFailed(failure.Message);
            return new(LateResult.Refused, failure.Message);
        }
        finally
        {
            session.Turn.Release(ticket);
        }
    }
}
