using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>One run of a request through the app, on the thread pool: whatever becomes of it, it ends with a reply.</summary>
/// <param name="Key">What the client calls the request, so that it is exactly-once; null where it does not.</param>
/// <param name="Place">Says whether the request counts among those that run at once.</param>
/// <param name="IsTooLate">When the request came its session had moved to another id.</param>
/// <param name="Cancellation">The client has left.</param>
internal readonly record struct RequestRun(RunRequest Request, IdempotencyKey? Key, RequestPlace Place, bool IsTooLate, CancellationToken Cancellation)
{
    /// <summary>The last of them holds its session's turn to its end, so that none runs more often.</summary>
    private const int MostRuns = 3;

    /// <summary>
    /// RFC 9110, section 9.2.1: they ask for nothing but an answer, so they may be run again as long as none has begun. A body
    /// that is streamed is here once.
    /// </summary>
    public static bool IsSafe(RunRequest request) => request.Request is { Method: "GET" or "HEAD" or "OPTIONS" or "TRACE", IsBodyStreamed: false };

    public async Task<Ended> RunAsync(SessionServices services, LiveSession live)
    {
        TurnTicket? turn = null;

        // One that has moved at an earlier home had moved before anybody came to this one.
        var isTooLate = IsTooLate || (live.IsFormer && live.FollowedTo is null);
        for (var run = 1; ; run++)
        {
            var terms = new RequestTerms(
                Key,
                IsInDoubt: Request is { IsInDoubt: true, IsIdempotent: false },
                IsRepeat: Request is { IsInDoubt: true, IsIdempotent: true },
                MayRunAgain: IsSafe(Request) && run < MostRuns,
                IsTooLate: isTooLate);
            var session = new RequestSession(live, Request.RequestId, Cancellation, terms, turn);
            Place.Session = session;
            if (await RunAsync(services, session) is { } ended)
            {
                return ended with { Place = Place };
            }

            TurnMetrics.Reruns.Add(1);
            turn = session.BeginAgain(mayLoseAgain: run + 1 < MostRuns);
        }
    }

    /// <summary>Null where the request has to run again.</summary>
    private async Task<Ended?> RunAsync(SessionServices services, RequestSession session)
    {
        var hasLost = false;
        try
        {
            var response = await services.Runner.RunAsync(NodeMark.Strip(Request.Request), StreamOf(Request, session, services.Writer), session, Cancellation);
            if (session.IsTurnedAway)
            {
                return new Ended(new RequestReply(Request.RequestId, ReplyKind.NotSeen, services.NodeName));
            }

            return response is null
                ? Refused(services, 503, "The request has run and its answer was streamed, so it is not kept. It was not run again.") with { IsStreamed = true }
                : new Ended(session.ReplyOf(response), Key?.Key);
        }
        catch (SessionConflictException) when (!Cancellation.IsCancellationRequested)
        {
            hasLost = true;
            return null;
        }
        catch (SessionCommitException failure)
        {
            services.Logger.CommitFailed(failure.Message);
            return Refused(services, 503, failure.Message);
        }
        catch (OverloadedException full)
        {
            return Refused(services, 503, full.Message);
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            // The client left while it waited to run.
            return Aborted(services);
        }
        catch (ResponseAbortedException aborted)
        {
            return Aborted(services, aborted.ResetCode);
        }
        catch (Exception failure)
        {
            // Whatever it was, the client gets an answer and the session goes on.
            services.Logger.RequestFailed(failure);
            return Refused(services, 500, "The request failed in its session's home; see the log of the node.");
        }
        finally
        {
            if (!hasLost)
            {
                session.EndUncommitted();
            }
        }
    }

    private static RequestStream StreamOf(RunRequest request, RequestSession session, ulong writer) => new(
        () => StreamConnector.ConnectAsync(request.Ticket),
        new StreamHello(request.Ticket.Secret, request.RequestId.Number, writer),
        head => GatewaySerializer.ToBytes(session.ReplyOf(head)),
        takesFacts: request.Request.Facts is not null)
    {
        OnTraffic = session.NoteTraffic,
    };

    private Ended Aborted(SessionServices services, int? resetCode = null) =>
        new(new RequestReply(Request.RequestId, ReplyKind.Aborted, services.NodeName, Status: resetCode + 1 ?? 0), Key?.Key);

    private Ended Refused(SessionServices services, int status, string reason) =>
        new(new RequestReply(Request.RequestId, ReplyKind.Refused, services.NodeName, Status: status, Reason: reason), Key?.Key);

    /// <summary>What the session's actor is told.</summary>
    /// <param name="Key">What the client called the request.</param>
    /// <param name="IsStreamed">The client has the answer, or the beginning of it; the reply is for whoever asks again.</param>
    internal sealed record Ended(RequestReply Reply, Guid? Key = null, bool IsStreamed = false)
    {
        /// <summary>Which place is free now.</summary>
        public RequestPlace? Place { get; init; }
    }
}
