using Akka.Actor;
using Pomegranate.Backend.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Whom on this node a message from a frontend is for: the session's actor where that lives here; else the shard region,
/// which starts it, or knows better where the session's home is; or, where the request belongs to this node, neither.
/// </summary>
internal sealed class RequestDoor(IActorRef region, LiveActors homes, IActorRef guestHouse, Guests guests)
{
    public IActorRef For(ISessionMessage message) => ForNode(message) ?? homes.Find(message.SessionId) ?? region;

    /// <summary>Whom it is for where it belongs to this node; null where it does not.</summary>
    public IActorRef? ForNode(ISessionMessage message) => message is RunRequest { IsForNode: true }
        ? homes.Find(message.SessionId) ?? guestHouse
        : guests.Find(message);
}
