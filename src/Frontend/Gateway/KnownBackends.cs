using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Clustering;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Which backends of the app there are, as the cluster and this node's own proofs of death tell: one that is gone is no
/// home any more, and what it may have had is in doubt. The router's alone.
/// </summary>
/// <param name="onDeath">Told the incarnation of a backend that was removed and had not left: its streams are cut.</param>
internal sealed class KnownBackends(
    string app, AppBackends state, Homes homes, PendingRequests pending, RequestDoubt doubt, IActorRef region, Cluster cluster, Action<ulong>? onDeath)
{
    private readonly string _role = AppName.RoleOf(app);
    private readonly HashSet<UniqueAddress> _members = [];
    private readonly HashSet<UniqueAddress> _dead = [];

    public bool AreNone => _members.Count == 0;

    public void OnUp(Member member)
    {
        if (member.HasRole(_role) && _members.Add(member.UniqueAddress))
        {
            state.Count = _members.Count;
        }
    }

    public void OnRemoved(Member member, bool hasLeft)
    {
        if (!_members.Remove(member.UniqueAddress))
        {
            return;
        }

        state.Count = _members.Count;
        HomeGone(member.Address);
        if (!hasLeft)
        {
            // One that left finishes what it streams.
            onDeath?.Invoke(unchecked((ulong)(long)member.UniqueAddress.Uid));
        }

        // Also where its death was proven: what was sent since may have been passed on to it.
        _dead.Remove(member.UniqueAddress);
        doubt.BackendGone(member.UniqueAddress);
    }

    /// <summary>
    /// This node has proven it, so its requests need not wait until all members agree: the coordinator does not either.
    /// </summary>
    public void OnDeathProven(UniqueAddress node)
    {
        if (_members.Contains(node) && _dead.Add(node))
        {
            HomeGone(node.Address);
            if (cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Equals(node)) is { } dead)
            {
                // If the coordinator was there the proxy looks for the next one at once.
                region.Tell(new ClusterEvent.MemberRemoved(dead.Copy(MemberStatus.Removed), MemberStatus.Down), ActorRefs.NoSender);
            }

            doubt.BackendGone(node);
        }
    }

    private void HomeGone(Address node)
    {
        if (homes.Gone(node)?.Lane is { } lane)
        {
            lane.TakeSent().ForEach(pending.AdoptInDoubt);
            lane.Close();
        }
    }
}
