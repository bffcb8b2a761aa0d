using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a node that the others went on without while they could not tell it: when it reaches one of them again, that one
/// refuses it, and says why (Akka's quarantine). What it held, they hold or have forgotten. One that was let in, and out
/// again, before it heard of either is refused by the seeds that it asks, and would ask for ever.
/// </summary>
internal sealed class RemovalWatch : ReceiveActor
{
    public RemovalWatch(IReadOnlyCollection<Address> seeds)
    {
        var cluster = Cluster.Get(Context.System);
        var log = Context.GetLogger();
        var system = Context.System;
        Receive<ThisActorSystemQuarantinedEvent>(refused =>
        {
            // One who is neither a member nor asked to let this node in says nothing of this cluster.
            var members = cluster.State.Members;
            if (members.Any(member => member.Address.Equals(refused.RemoteAddress)) || (members.IsEmpty && seeds.Contains(refused.RemoteAddress)))
            {
                log.Error("{0} refuses this node: the cluster went on without it while it hung or was cut off. It ends, to be started again.", refused.RemoteAddress);
                SelfDowning.End(system);
            }
        });
    }

    public static Props Props(IReadOnlyCollection<Address> seeds) => Akka.Actor.Props.Create(() => new RemovalWatch(seeds));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);
}
