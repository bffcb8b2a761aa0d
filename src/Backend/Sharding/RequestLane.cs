using Akka.Actor;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// A frontend's lane, at this end: hands each message to whom it is for (<see cref="RequestDoor"/>). Answers leave by the
/// same lane.
/// </summary>
internal sealed class RequestLane : ILaneHandler
{
    private readonly RequestDoor _door;
    private readonly LaneReplies _replies;

    public RequestLane(Lane lane, RequestDoor door, ActorSystem system)
    {
        _door = door;
        _replies = new LaneReplies(lane, ((ExtendedActorSystem)system).Provider);
    }

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
    {
        var message = GatewayFrames.ReadMessage(kind, payload);
        _door.For(message).Tell(message, _replies);
    }

    public void OnClosed() => _replies.Close();
}
