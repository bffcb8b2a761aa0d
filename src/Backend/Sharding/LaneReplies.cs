using Akka.Actor;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// The sender of what has come by a lane: what it is told is written into the lane at once, by whoever tells it. It has
/// an address, so that a home on another node, to which the region has passed a request on, can answer too.
/// </summary>
/// <remarks>
/// Where the lane has ended the answer is lost here, and the frontend, which sees that end too, asks after it.
/// </remarks>
internal sealed class LaneReplies : MinimalActorRef
{
    private readonly Lane _lane;

    public LaneReplies(Lane lane, IActorRefProvider provider)
    {
        _lane = lane;
        Provider = provider;
        Path = provider.TempPath();
        provider.RegisterTempActor(this, Path);
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    /// <summary>The lane has ended.</summary>
    public void Close() => Provider.UnregisterTempActor(Path);

    protected override void TellInternal(object message, IActorRef? sender)
    {
        if (message is not RequestReply reply)
        {
            return;
        }

        var kind = sender?.Path.Address.HasGlobalScope == true ? GatewayFrames.ReplyFromElsewhere : GatewayFrames.Reply;
        switch (_lane.TrySend(kind, reply, GatewayFrames.WriteReply))
        {
            case LaneSending.TooLong:
                _lane.TrySend(kind, TooLong(reply), GatewayFrames.WriteReply);
                break;
            case LaneSending.Full:
                // A frontend that does not read what it has asked for: its requests are in doubt, and memory is bounded.
                _lane.Dispose();
                break;
            default:
                break;
        }
    }

    private static RequestReply TooLong(RequestReply reply) => new(
        reply.RequestId, ReplyKind.Refused, reply.Node, Status: 500,
        Reason: $"The request has run, but its answer is longer than {LaneFrame.MaxPayload:N0} bytes, headers included, and was not sent.");
}
