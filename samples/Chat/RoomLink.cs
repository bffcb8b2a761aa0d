using System.Text.Json;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Hosting;

namespace Chat;

/// <summary>
/// The app's own backplane: what is said on a backend is told to an actor on each other one. Inert where there is no
/// cluster.
/// </summary>
/// <remarks>
/// In memory: a network that is parted delivers to its own side only, and the history goes with the last backend. Not
/// Akka's DistributedPubSub: it confirms nothing, and gossips its subscriptions, so that a backend that has just joined
/// would miss about a second of the talk. What goes from node to node is text: a node reads no types from the network but
/// the cluster's own.
/// </remarks>
internal sealed class RoomLink(IServiceProvider services, ChatRoom room) : IHostedService
{
    private const string Name = "chat-room";

    /// <summary>From a backend that has just started: what was said so far?</summary>
    private const string Hello = "hello";

    /// <summary>A message has arrived.</summary>
    private const string Heard = "heard";

    /// <summary>How long a message waits for a backend that is dying or hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Hosted services start when the backend is a member of the cluster, and before it takes requests.
        if (services.GetService<ActorSystem>() is { } system && services.GetService<ClusterNode>() is { } node)
        {
            system.ActorOf(Props.Create(() => new Link(room, node.Role)), Name);
            room.PassOn = message => Task.WhenAll(Others(system, node.Role).Select(other => TellAsync(other, message)));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="role">Of this app's backends: other apps of the cluster have no such room.</param>
    private static IEnumerable<ActorSelection> Others(ActorSystem system, string role)
    {
        var cluster = Cluster.Get(system);
        return cluster.State.Members
            .Where(member => member.HasRole(role) && member.UniqueAddress != cluster.SelfUniqueAddress)
            .Select(member => system.ActorSelection(new RootActorPath(member.Address) / "user" / Name));
    }

    private static async Task TellAsync(ActorSelection other, ChatMessage message)
    {
        try
        {
            await other.Ask<string>(JsonSerializer.Serialize(message), Patience);
        }
        catch (AskTimeoutException)
        {
            // It is dying, and its clients will be somebody else's; or it starts, and will ask what was said.
        }
    }

    private sealed class Link : ReceiveActor
    {
        private readonly string _role;

        public Link(ChatRoom room, string role)
        {
            _role = role;
            Receive<string>(text => text == Hello, _ =>
            {
                foreach (var message in room.History)
                {
                    Sender.Tell(JsonSerializer.Serialize(message));
                }
            });
            Receive<string>(text => text == Heard, _ => { });
            Receive<string>(message =>
            {
                room.Deliver(JsonSerializer.Deserialize<ChatMessage>(message)!);
                Sender.Tell(Heard);
            });
        }

        protected override void PreStart()
        {
            foreach (var other in Others(Context.System, _role))
            {
                other.Tell(Hello, Self);
            }
        }
    }
}
