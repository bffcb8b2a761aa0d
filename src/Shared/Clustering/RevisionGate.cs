using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Pomegranate.Clustering;

/// <summary>
/// Keeps builds apart that do not understand each other: a node that joins and finds an older member with which it has no
/// wire revision in common says so and leaves again. Without it the two would drop each other's messages one by one.
/// </summary>
/// <remarks>The one that came later leaves, for the older one serves already; each decides for itself.</remarks>
internal sealed class RevisionGate : ReceiveActor
{
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WireRevisions _own;

    /// <summary>This node as the events have shown it, once it is Up: the cluster's own view may be behind or ahead of them.</summary>
    private Member? _self;
    private bool _isLeaving;

    public RevisionGate(WireRevisions own)
    {
        _own = own;
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members.OrderByDescending(m => m.UniqueAddress.Equals(_cluster.SelfUniqueAddress)))
            {
                Check(member);
            }
        });
        Receive<ClusterEvent.IMemberEvent>(change => Check(change.Member));
    }

    public static Props Props(WireRevisions own) => Akka.Actor.Props.Create(() => new RevisionGate(own));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Check(Member member)
    {
        if (member.Status is not (MemberStatus.Up or MemberStatus.Leaving))
        {
            return;
        }

        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _self = member;
            return;
        }

        var theirs = WireRevisions.Of(member.Roles);
        if (_isLeaving || _own.Meets(theirs) || _self?.IsOlderThan(member) is true)
        {
            return;
        }

        _isLeaving = true;
        _log.Error(
            "This build speaks wire {0}, and {1}, which is a member already, {2}: they cannot share a cluster. This node leaves with exit code {3}. "
            + "Upgrade by way of a build that speaks both, or stop the whole cluster and start it with one build.",
            _own, member.Address, theirs, NodeLifetime.IncompatibleExitCode);
        _ = CoordinatedShutdown.Get(Context.System).Run(IncompatibleReason.Instance);
    }

    /// <summary>Why the node shuts down: not to be started again as it is.</summary>
    public sealed class IncompatibleReason : CoordinatedShutdown.Reason
    {
        public static readonly IncompatibleReason Instance = new();

        private IncompatibleReason()
        {
        }

        public override int ExitCode => NodeLifetime.IncompatibleExitCode;
    }
}
