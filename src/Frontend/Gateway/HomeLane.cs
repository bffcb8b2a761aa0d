using System.Collections.Concurrent;
using Akka.Actor;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// The lane to a backend and the requests that wait for their answer on it. While all is well nobody else has to do with
/// them: the client's thread writes the request, the lane's loop completes it. Thread-safe.
/// </summary>
/// <remarks>
/// A request waits here, or at the router, or nowhere: whoever takes it from here has it, and gives it to the router if
/// it is not over. Nothing comes back from the router, whose requests go by the lane as any message does. Taken from here
/// are: by its answer; by an answer that is not its end (the router goes on); by the client that leaves; by the router, when
/// a backend dies or after long silence; by the lane's end.
/// </remarks>
internal sealed class HomeLane(Lane lane, IActorRef router) : ILaneHandler
{
    private static readonly LaneWrite<PendingRequest> s_run = static (writer, request) =>
    {
        GatewaySerializer.Write(writer, request.Message);

        // Under the lane's lock: when the lane has ended, this says whether the request can have left.
        request.IsOnLane = true;
    };

    private readonly ConcurrentDictionary<ulong, PendingRequest> _waiting = new();
    private long _heard;

    public Address Node => lane.Peer.Address;

    public int Count => _waiting.Count;

    /// <summary>Sends a new request and waits for its answer; false where it has not left and another way is to be taken.</summary>
    /// <exception cref="GatewayException">It has not left, and there is no other way.</exception>
    public bool TryRun(PendingRequest request)
    {
        request.Attempts = 1;
        _waiting[request.Number] = request;
        var sending = LaneSending.Closed;
        try
        {
            sending = lane.TrySend(GatewayFrames.KindOf(request.Message), request, s_run);
        }
        finally
        {
            if (sending != LaneSending.Sent)
            {
                request.Attempts = 0;
                _waiting.TryRemove(request.Number, out _);
            }
        }

        return sending switch
        {
            LaneSending.Sent => true,
            LaneSending.Full => throw new GatewayException(
                GatewayFailure.HomeIsBehind, 503,
                $"The backend at {Node} does not read what it is sent: {Lane.MaxUnsent / 1024 / 1024} MB wait for it. The request was not sent. Try again in a moment."),
            LaneSending.TooLong => throw new GatewayException(
                GatewayFailure.Refused, 413, $"The request is longer than {LaneFrame.MaxPayload:N0} bytes, headers included."),
            _ => false,
        };
    }

    /// <summary>Sends a message for which the router waits, or nobody does.</summary>
    public bool TrySend(ISessionMessage message) => lane.TrySend(GatewayFrames.KindOf(message), message, GatewayFrames.WriteMessage) == LaneSending.Sent;

    public void Start() => lane.Start(this);

    public void Close() => lane.Dispose();

    /// <summary>How many frames have come: who remembers it can tell whether the lane has been silent since.</summary>
    public long Heard => Volatile.Read(ref _heard);

    /// <summary>Nothing comes from the other end any more, and what waits on its way there is not to arrive later.</summary>
    public void Abort() => lane.Abort();

    /// <summary>False where the request does not wait here (any more).</summary>
    public bool TryTake(ulong number) => _waiting.TryRemove(number, out _);

    /// <summary>Takes those that have been sent, and that were last heard of before a moment; they are the caller's.</summary>
    public List<PendingRequest> TakeSent(long heardOfBefore = long.MaxValue)
    {
        var taken = new List<PendingRequest>();
        foreach (var (number, request) in _waiting)
        {
            // One that is being sent just now is its client's until it has left.
            if (request.IsOnLane && request.HeardOfAt < heardOfBefore && _waiting.TryRemove(number, out _))
            {
                request.Lane = this;
                taken.Add(request);
            }
        }

        return taken;
    }

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
    {
        Volatile.Write(ref _heard, _heard + 1);
        var reply = GatewayFrames.ReadReply(kind, payload);
        var isFromElsewhere = kind == GatewayFrames.ReplyFromElsewhere;
        if (_waiting.TryRemove(reply.RequestId.Number, out var request))
        {
            request.Lane = this;
        }

        if (request is not null && !isFromElsewhere && reply.Kind is ReplyKind.Response or ReplyKind.Refused or ReplyKind.Aborted)
        {
            request.Complete(reply);
        }
        else
        {
            router.Tell(new RequestRouter.LaneReply(reply, request, isFromElsewhere ? null : Node), ActorRefs.NoSender);
        }
    }

    public void OnClosed() => router.Tell(new RequestRouter.LaneClosed(this, TakeSent()), ActorRefs.NoSender);
}
