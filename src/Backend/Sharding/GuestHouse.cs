using Akka.Actor;
using Akka.Cluster.Sharding;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Runs the requests that belong to this node whoever is home to their session (<see cref="RunRequest.IsForNode"/>): the
/// polls of a connection that was negotiated here. Each has an actor of its own, which is no session's home and leaves
/// with the request. To those actors this is what a shard is to homes.
/// </summary>
/// <remarks>
/// A client without a session has a fresh id, which nobody else knows before the answer has left: what such a request puts
/// into its session is committed from here, and the session's home is its shard's from the next request on.
/// </remarks>
internal sealed class GuestHouse : ReceiveActor
{
    private readonly Dictionary<IActorRef, RequestId> _requests = [];

    public GuestHouse(SessionServices services, Guests guests)
    {
        Receive<RunRequest>(run =>
        {
            if (guests.Find(run) is not { } guest)
            {
                guest = Context.ActorOf(SessionActor.Props(services, run.SessionId.ToString()));
                Context.Watch(guest);
                _requests[guest] = run.RequestId;
                guests.Arrived(run.RequestId, guest);
            }

            guest.Forward(run);
        });
        Receive<Passivate>(passivate =>
        {
            // What comes from now on is too late for it.
            Leave(guests, Sender);
            Sender.Tell(passivate.StopMessage);
        });
        Receive<Terminated>(gone => Leave(guests, gone.ActorRef));
    }

    public static Props Props(SessionServices services, Guests guests) => Akka.Actor.Props.Create(() => new GuestHouse(services, guests));

    private void Leave(Guests guests, IActorRef guest)
    {
        if (_requests.Remove(guest, out var request))
        {
            guests.Gone(request);
        }
    }
}
