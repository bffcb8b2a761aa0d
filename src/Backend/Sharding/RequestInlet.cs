using Akka.Actor;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Where frontends send what is for sessions of this node, many messages at once. It hands each to the shard region as
/// if it had come alone, which knows better if the session's home has moved, and gathers the answers.
/// </summary>
internal sealed class RequestInlet : ReceiveActor
{
    private readonly Dictionary<IActorRef, IActorRef> _outlets = [];

    public RequestInlet(IActorRef region, RequestDoor door)
    {
        Receive<SessionMessages>(messages =>
        {
            var outlet = OutletTo(Sender);
            foreach (var message in messages.Items)
            {
                (door.ForNode(message) ?? region).Tell(message, outlet);
            }
        });
        Receive<Terminated>(gone =>
        {
            if (_outlets.Remove(gone.ActorRef, out var outlet))
            {
                Context.Stop(outlet);
            }
        });
    }

    public static Props Props(IActorRef region, RequestDoor door) => Akka.Actor.Props.Create(() => new RequestInlet(region, door));

    private IActorRef OutletTo(IActorRef frontend)
    {
        if (!_outlets.TryGetValue(frontend, out var outlet))
        {
            _outlets.Add(frontend, outlet = Context.ActorOf(ReplyOutlet.Props(frontend, Self)));
            Context.Watch(frontend);
        }

        return outlet;
    }
}
