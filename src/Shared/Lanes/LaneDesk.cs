using Akka.Actor;

namespace Pomegranate.Lanes;

/// <summary>Gives the other members the ticket for lanes to this node.</summary>
internal sealed class LaneDesk : ReceiveActor
{
    /// <summary>The actor's name under <c>/user</c>.</summary>
    public const string Name = "lanes";

    public LaneDesk(LaneTicket ticket) => Receive<LaneProtocol.WantTicket>(_ => Sender.Tell(ticket));

    public static Props Props(LaneTicket ticket) => Akka.Actor.Props.Create(() => new LaneDesk(ticket));
}
