using Akka.Actor;
using Akka.Cluster;

namespace Chat;

/// <summary>
/// The app's own backplane: an actor on every backend tells what is said there to the same actor on each other one.
/// Inert where there is no cluster.
/// </summary>
/// <remarks>
/// At most once and in memory: a message that its node has taken and not yet passed on dies with it, a network that
/// is parted delivers to its own side only, and the history goes with the last backend. Not Akka's DistributedPubSub:
/// its subscriptions are gossiped, so a backend that has just joined would miss about a second of the talk.
/// </remarks>
internal sealed class RoomLink(IServiceProvider services, ChatRoom room) : IHostedService
{
    private const string Name = "chat-room";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Hosted services start when the backend is a member of the cluster, and before it takes requests.
        if (services.GetService<ActorSystem>() is { } system)
        {
            var link = system.ActorOf(Props.Create(() => new Link(room)), Name);
            room.Said += message => link.Tell(new Pass(message));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Said here: pass it on.</summary>
    private sealed record Pass(ChatMessage Message);

    /// <summary>From a backend that has just started: what was said so far?</summary>
    private sealed record Hello;

    private sealed class Link : ReceiveActor
    {
        private readonly Cluster _cluster = Cluster.Get(Context.System);

        public Link(ChatRoom room)
        {
            Receive<Pass>(pass => TellOthers(pass.Message));
            Receive<ChatMessage>(message => room.Deliver(message));
            Receive<Hello>(_ =>
            {
                foreach (var message in room.History)
                {
                    Sender.Tell(message);
                }
            });
        }

        protected override void PreStart() => TellOthers(new Hello());

        private void TellOthers(object message)
        {
            foreach (var member in _cluster.State.Members)
            {
                if (member.HasRole("backend") && member.UniqueAddress != _cluster.SelfUniqueAddress)
                {
                    Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(message);
                }
            }
        }
    }
}
