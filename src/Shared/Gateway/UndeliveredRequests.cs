using Akka.Actor;
using Akka.Event;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Gateway;

/// <summary>
/// Tells a frontend that a request of its has not reached its home, so that it can be sent again, whatever its method.
/// Runs on frontends and backends: each reports what became a dead letter on its own node.
/// </summary>
/// <remarks>
/// A request becomes a dead letter in two ways: a shard region drops what arrives between the two steps of a hand-off
/// (ShardRegion, "avoiding reordering"), and remoting gives up what it has not written to a node that died. In both,
/// no home has seen it. Of a request in doubt that would be said of one copy only, and the doubt is about another.
/// </remarks>
internal sealed class UndeliveredRequests : ReceiveActor
{
    /// <summary>The actor's name under <c>/user</c>.</summary>
    public const string Name = "undelivered-requests";

    public UndeliveredRequests(string nodeName)
    {
        Receive<AllDeadLetters>(letter =>
        {
            // What a region drops comes wrapped: a dead letter whose message is the Dropped.
            var innermost = letter.Message as AllDeadLetters ?? letter;
            if (innermost.Sender is null || innermost.Sender.IsNobody())
            {
                return;
            }

            IEnumerable<object> messages = innermost.Message is SessionMessages batch ? batch.Items : [innermost.Message];
            foreach (var request in messages.OfType<RunRequest>().Where(run => !run.IsInDoubt))
            {
                innermost.Sender.Tell(new RequestReply(request.RequestId, ReplyKind.Undelivered, nodeName), ActorRefs.NoSender);
            }
        });
    }

    public static Props Props(string nodeName) => Akka.Actor.Props.Create(() => new UndeliveredRequests(nodeName));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(AllDeadLetters));
}
