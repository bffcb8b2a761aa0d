using Akka.Actor;
using Microsoft.AspNetCore.Http;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A session's requests from their arrival to their answer: none runs twice, and whoever asks again is answered as the
/// first who asked. Not thread-safe: the actor's own.
/// </summary>
/// <remarks>
/// <code>
///  arrives --Accept--> waits --TryBegin--> runs --End--> answered
///     |                  |                                  |
///     |                  +-- cancelled, or it is known without running what it is answered
///     +-- known (the same answer again), or too many wait
/// </code>
/// </remarks>
internal sealed class SessionRequests(SessionServices services, RequestQueue queue)
{
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(5);

    private readonly RequestLedger _ledger = new(services.Answers);

    /// <summary>Whether the request is new; it is queued then.</summary>
    /// <param name="isStopping">The home finishes what it has, and takes nothing new.</param>
    /// <param name="isTooLate">The session has moved to another id.</param>
    public bool Accept(RunRequest request, IActorRef sender, bool isStopping, bool isTooLate = false)
    {
        if (isStopping && _ledger.Find(request.RequestId) is null)
        {
            // It came by a lane, beside the shard, which sends nothing after the stop. Here it would hold up the hand-off;
            // sent again it waits for the session's next home. One in doubt is asked after until then.
            if (!request.IsInDoubt || request.IsIdempotent)
            {
                sender.Tell(new RequestReply(request.RequestId, ReplyKind.Undelivered, services.NodeName));
            }

            return false;
        }

        if (_ledger.Begin(request.RequestId, sender) is { } known)
        {
            Repeat(request.RequestId, known, sender);
            return false;
        }

        if (queue.IsFullFor(request))
        {
            Refuse(request.RequestId, 503,
                $"{queue.Waiting} requests of this session are waiting (Pomegranate:Session:MaxQueuedRequests). Try again later.");
            return false;
        }

        _ledger.Find(request.RequestId)!.Cancellation = new CancellationTokenSource();
        queue.Add(request, isTooLate);
        return true;
    }

    /// <summary>False where this home has not had the request.</summary>
    public bool TryRepeat(RequestId request, IActorRef sender)
    {
        if (_ledger.Find(request) is not { } known)
        {
            return false;
        }

        Repeat(request, known, sender);
        return true;
    }

    public void Cancel(RequestId request) => _ledger.Find(request)?.Cancellation?.Cancel();

    /// <summary>
    /// The next request that may run and has to. Those before it whose answer is known without running them are given it.
    /// </summary>
    public bool TryBegin(CommittedAnswers committed, out RequestRun run)
    {
        while (queue.TryNext(out var request, out var isTooLate))
        {
            var cancellation = _ledger.Find(request.RequestId)!.Cancellation!.Token;
            if (cancellation.IsCancellationRequested)
            {
                Reply(new RequestReply(request.RequestId, ReplyKind.Aborted, services.NodeName));
            }
            else if (committed.Outcome(request.RequestId) is { } outcome)
            {
                Reply(outcome);
            }
            else if (TryGetKey(request, out var key))
            {
                if (committed.Instead(request, key) is { } answer)
                {
                    Reply(answer);
                }
                else
                {
                    run = new RequestRun(request, key, new RequestPlace(RequestRun.IsSafe(request)), isTooLate, cancellation);
                    if (queue.TryRun(request, isTooLate, key, run.Place))
                    {
                        return true;
                    }
                }
            }
        }

        run = default;
        return false;
    }

    public void End(RequestRun.Ended ended)
    {
        queue.End(ended.Key, ended.Place!);
        if (ended.IsStreamed)
        {
            NoteStreamed(ended.Reply);
        }
        else
        {
            Reply(ended.Reply);
        }
    }

    /// <summary>Refuses all that wait: the session cannot be recovered.</summary>
    public void RefuseAll(string reason)
    {
        foreach (var request in queue.TakeWaiting())
        {
            Refuse(request.RequestId, 503, reason);
        }
    }

    /// <summary>All that wait are to be sent to another home.</summary>
    public void ReturnAll()
    {
        foreach (var request in queue.TakeWaiting())
        {
            _ledger.Forget(request.RequestId).Tell(new RequestReply(request.RequestId, ReplyKind.Undelivered, services.NodeName));
        }
    }

    /// <summary>The home stops.</summary>
    public void Close() => _ledger.Close();

    private void Repeat(RequestId id, RequestLedger.Item known, IActorRef sender)
    {
        if (known.IsAnswered && !IsOnItsWay(known))
        {
            sender.Tell(known.ReplyTo(id, services.NodeName));
        }
        else
        {
            known.Add(sender);
            sender.Tell(new RequestReply(id, ReplyKind.Running, services.NodeName));
        }
    }

    /// <summary>
    /// A streamed answer and a word of the actor's go different ways: a copy of the request must not be refused while
    /// the answer to the first is still under way.
    /// </summary>
    private bool IsOnItsWay(RequestLedger.Item known) =>
        known.StreamedAt is { } since && services.Time.GetElapsedTime(since) < StreamPatience;

    private void NoteStreamed(RequestReply reply)
    {
        _ledger.End(reply);
        if (_ledger.Find(reply.RequestId) is { } item)
        {
            item.StreamedAt = services.Time.GetTimestamp();
        }
    }

    /// <summary>False where the key is none: the request is refused then.</summary>
    private bool TryGetKey(RunRequest request, out IdempotencyKey? key)
    {
        key = null;
        try
        {
            key = services.SessionOptions.IdempotencyKeys || services.Keyed.Any ? IdempotencyKey.Of(request.Request) : null;
            return true;
        }
        catch (BadHttpRequestException) when (!services.SessionOptions.IdempotencyKeys)
        {
            // Its endpoint may be one that heeds no keys; one that does refuses it.
            return true;
        }
        catch (BadHttpRequestException malformed)
        {
            Refuse(request.RequestId, malformed.StatusCode, malformed.Message);
            return false;
        }
    }

    private void Reply(RequestReply reply) => _ledger.End(reply).Tell(reply);

    private void Refuse(RequestId id, int status, string reason) =>
        Reply(new RequestReply(id, ReplyKind.Refused, services.NodeName, Status: status, Reason: reason));
}
