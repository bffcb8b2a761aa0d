using Akka.Actor;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// What this node does when another turns out to be the home of a session that is at home here: both took the shard for theirs. The
/// session's actor is told, and gives it up where that is so; the shard region asks the coordinator anew.
/// </summary>
/// <remarks>
/// Akka's coordinator gives up a hand-off after <c>handoff-timeout</c> and names the old home again; when that has stopped the shard after
/// all, it names another, and the old home, which was told that the shard is its own, is not told otherwise. Seen in a campaign.
/// </remarks>
internal static class TakenHomes
{
    public static void Watch(ReplicaClient replica, LiveActors actors, IActorRef region, SessionSharding sharding)
    {
        actors.AskAnew = id =>
        {
            if (ForgetHome.Of(sharding.ShardOf(id)) is { } forget)
            {
                region.Tell(forget, ActorRefs.NoSender);
            }
        };
        replica.WrittenElsewhere += (id, version) => actors.FindLiving(id)?.Tell(new SessionActor.Taken(version), ActorRefs.NoSender);
    }
}
