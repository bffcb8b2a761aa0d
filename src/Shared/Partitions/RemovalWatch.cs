using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a node that the others went on without while they could not tell it: when it reaches one of them again, that one
/// refuses it, and says why (Akka's quarantine). What it held, they hold or have forgotten.
/// </summary>
internal sealed class RemovalWatch : ReceiveActor
{
    public RemovalWatch()
    {
        var cluster = Cluster.Get(Context.System);
        var log = Context.GetLogger();
        Receive<ThisActorSystemQuarantinedEvent>(refused =>
        {
            // One who is no member says nothing of this cluster.
            if (!cluster.State.Members.Any(member => member.Address.Equals(refused.RemoteAddress)))
            {
                return;
            }

            log.Error("{0} refuses this node: the cluster went on without it while it hung or was cut off. It ends, to be started again.", refused.RemoteAddress);
            cluster.Down(cluster.SelfAddress);
        });
    }

    public static Props Props() => Akka.Actor.Props.Create(() => new RemovalWatch());

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);
}
