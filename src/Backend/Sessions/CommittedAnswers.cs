using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What a request is answered by what its session has committed, without running: its outcome, where it has run
/// already, here or at an earlier home; or that there is no such session.
/// </summary>
/// <param name="recovered">What the replicas knew: a session that has ended may still have an outcome.</param>
internal sealed class CommittedAnswers(SessionServices services, LiveSession session, SessionEntry? recovered)
{
    /// <summary>For whoever asks after a request that this home has not had.</summary>
    public RequestReply Found(RequestId request) =>
        Outcome(request) ?? new RequestReply(request, ReplyKind.NotSeen, services.NodeName, Status: TakesRequestsInDoubt, Reason: TakesRepeatsInDoubt);

    public RequestReply? Outcome(RequestId request) => Outcomes.Find(session.Entry ?? recovered, request)?.Reply;

    /// <summary>The answer to a request that must not run; null where it may.</summary>
    public RequestReply? Instead(RunRequest request, IdempotencyKey? key)
    {
        if (session.HasEnded || session.IsExpired || recovered?.IsRemoved == true || !(session.Exists || request.IsFreshId))
        {
            if (session.IsFormer && request is not { IsInDoubt: true, IsIdempotent: false })
            {
                // It runs, without a session: see FormerId. One that is sent again must not get a new cookie either.
                return null;
            }

            // The session is over, or there never was one: an id from outside is not adopted. A request that may have
            // run before the session's end must not run again under another id.
            return new RequestReply(
                request.RequestId, request is { IsInDoubt: true, IsIdempotent: false } ? ReplyKind.NotSeen : ReplyKind.UnknownSession, services.NodeName);
        }

        return key is not null ? OutcomeOf(request.RequestId, key) : null;
    }

    /// <summary>What the client's key has brought already.</summary>
    private RequestReply? OutcomeOf(RequestId request, IdempotencyKey key)
    {
        if (!session.Exists || Outcomes.Find(session.Entry, key, services.SessionOptions.IdempotencyKeys) is not { } outcome)
        {
            return null;
        }

        return key.IsSameRequest(outcome.Key!)

            // The client has its cookie: it has found its session. The id may have been renewed since.
            ? outcome.Reply is var reply && reply.Response is { } response
                ? reply with { RequestId = request, Response = services.Cookie.Without(response) }
                : reply with { RequestId = request }
            : new RequestReply(request, ReplyKind.Refused, services.NodeName, Status: 422,
                Reason: $"This {IdempotencyKey.Header} belongs to another request of this session: method, target or body differ. Make a new key for each request.");
    }
}
