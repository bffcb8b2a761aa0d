using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// A frontend's lane, at this end: hands each message to its session's actor where that lives here, else to the shard
/// region, which starts it or knows better where the session's home is. Answers leave by the same lane.
/// </summary>
internal sealed class RequestLane : ILaneHandler
{
    private readonly IActorRef _region;
    private readonly LiveActors _actors;
    private readonly LaneReplies _replies;

    public RequestLane(Lane lane, IActorRef region, LiveActors actors, ActorSystem system)
    {
        _region = region;
        _actors = actors;
        _replies = new LaneReplies(lane, ((ExtendedActorSystem)system).Provider);
    }

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
    {
        var message = GatewayFrames.ReadMessage(kind, payload);
        (_actors.Find(message.SessionId) ?? _region).Tell(message, _replies);
    }

    public void OnClosed() => _replies.Close();
}
