using Akka.Actor;
using Akka.Cluster;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a node that the others have gone on without. It downs itself, as they have done: were it only to leave, it would
/// offer its shards and its exit for half a minute to those who refuse it.
/// </summary>
internal static class SelfDowning
{
    public static void End(ActorSystem system)
    {
        var cluster = Cluster.Get(system);
        if (cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting)
        {
            cluster.Down(cluster.SelfAddress);
        }
        else
        {
            // It has not come to be Up: it has no shards, and nobody acts on its being down.
            _ = CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterDowningReason.Instance);
        }
    }
}
