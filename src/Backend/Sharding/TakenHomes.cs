using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// What this node does when another becomes the home of a session that is at home here: both took the shard for theirs. It asks the
/// coordinator anew, and the session's actor leaves.
/// </summary>
/// <remarks>
/// Akka's coordinator gives up a hand-off after <c>handoff-timeout</c> and names the old home again; when that has stopped the shard after
/// all, it names another, and the old home, which was told that the shard is its own, is not told otherwise. Seen in a campaign.
/// </remarks>
internal sealed class TakenHomes(LiveActors actors, SessionSharding sharding)
{
    public void OnClaimed(SessionId id, SessionVersion version)
    {
        if (actors.Find(id) is not { } home)
        {
            return;
        }

        // Before the actor leaves: what comes next would start it here again.
        if (ForgetHome.Of(sharding.ShardOf(id)) is { } forget)
        {
            actors.Region?.Tell(forget, ActorRefs.NoSender);
        }

        home.Tell(new SessionActor.Taken(version), ActorRefs.NoSender);
    }
}
