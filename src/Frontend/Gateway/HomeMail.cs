using Akka.Actor;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// The way to a session's home without a lane: many messages at once where the home has an inlet, else one by one
/// through the shard region proxy, which looks for the home. The router's alone.
/// </summary>
internal sealed class HomeMail(Homes homes, IActorRef region, IActorRef router, IActorRefFactory system)
{
    /// <summary>A message to a home is cut at this size, far below the frame size, so heartbeats never wait long behind one.</summary>
    private const int BatchBytes = 256 * 1024;

    public void Tell(ISessionMessage message)
    {
        if (homes.Of(message.SessionId) is not { Inlet: not null } home)
        {
            region.Tell(message);
            return;
        }

        home.Waiting.Add(message);
        if (home.Waiting.Count == 1)
        {
            // Behind everything that is in the mailbox now, so that the requests among it share one message.
            router.Tell(new Flush(home));
        }
    }

    /// <summary>About a request: to the node to which it belongs, or else to its session's home.</summary>
    public void Tell(PendingRequest request, ISessionMessage message)
    {
        if (request is { Message.IsForNode: true, Node: { } incarnation } && homes.NodeOf(incarnation) is { } node)
        {
            TellNode(node, message);
        }
        else
        {
            Tell(message);
        }
    }

    /// <summary>To a node, whatever is at home there.</summary>
    public void TellNode(Address node, ISessionMessage message) =>
        system.ActorSelection(new RootActorPath(node) / "user" / InletName).Tell(new SessionMessages([message]), router);

    /// <summary>What the router is to do when it is told <see cref="Flush"/>.</summary>
    public static void Send(Homes.Home home)
    {
        for (var from = 0; from < home.Waiting.Count;)
        {
            var bytes = 0;
            var to = from;
            while (to < home.Waiting.Count && (to == from || bytes < BatchBytes))
            {
                bytes += home.Waiting[to++] is RunRequest run ? run.Request.Body.Length : 0;
            }

            home.Inlet!.Tell(new SessionMessages(home.Waiting.GetRange(from, to - from)));
            from = to;
        }

        home.Waiting.Clear();
    }

    /// <summary>Send what waits for this home.</summary>
    internal sealed record Flush(Homes.Home Home) : INoSerializationVerificationNeeded;
}
