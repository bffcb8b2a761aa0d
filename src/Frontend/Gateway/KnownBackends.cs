using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Clustering;
using Pomegranate.Http;

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
    private readonly Dictionary<UniqueAddress, RequestHeadLimits> _headLimits = [];
    private readonly HashSet<UniqueAddress> _dead = [];
    private readonly HashSet<UniqueAddress> _withoutFacts = [];

    public bool AreNone => _members.Count == 0;

    public void OnUp(Member member)
    {
        if (member.HasRole(_role) && _members.Add(member.UniqueAddress))
        {
            if (WireRevisions.Of(member.Roles).Newest < ConnectionFacts.WireRevision)
            {
                _withoutFacts.Add(member.UniqueAddress);
            }

            _headLimits[member.UniqueAddress] = RequestHeadLimits.Of(member.Roles);
            Publish();
            homes.NodeUp(member.UniqueAddress);
        }
    }

    public void OnRemoved(Member member, bool hasLeft)
    {
        if (!_members.Remove(member.UniqueAddress))
        {
            return;
        }

        _withoutFacts.Remove(member.UniqueAddress);
        _headLimits.Remove(member.UniqueAddress);
        Publish();
        HomeGone(member.UniqueAddress);
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
            HomeGone(node);
            if (cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Equals(node)) is { } dead)
            {
                // If the coordinator was there the proxy looks for the next one at once.
                region.Tell(new ClusterEvent.MemberRemoved(dead.Copy(MemberStatus.Removed), MemberStatus.Down), ActorRefs.NoSender);
            }

            doubt.BackendGone(node);
        }
    }

    private void Publish()
    {
        state.Count = _members.Count;

        // A request may be passed on to any of them.
        state.TakeFacts = _members.Count > 0 && _withoutFacts.Count == 0;
        if (_headLimits.Count > 0)
        {
            state.HeadLimits = _headLimits.Values.Aggregate((one, other) => one.Or(other));
        }
    }

    private void HomeGone(UniqueAddress node)
    {
        homes.NodeGone(node);
        if (homes.Gone(node.Address)?.Lane is { } lane)
        {
            lane.TakeSent().ForEach(pending.AdoptInDoubt);
            lane.Close();
        }
    }
}
