using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Clustering;

/// <summary>
/// Logs when this node learns of a change of membership, which each node does at a moment of its own: what a failover
/// waited for can be read from the nodes' logs side by side (<c>benchmarks/run.sh timeline</c>).
/// </summary>
internal sealed partial class MemberLog : ReceiveActor
{
    /// <summary>The actor's name under <c>/user</c>.</summary>
    public const string Name = "member-log";

    private readonly Cluster _cluster = Cluster.Get(Context.System);

    public MemberLog(ILogger log)
    {
        Receive<ClusterEvent.IMemberEvent>(change => Changed(log, change.Member.Address, change.Member.Status));
        Receive<ClusterEvent.UnreachableMember>(lost => Unreachable(log, lost.Member.Address));
        Receive<ClusterEvent.ReachableMember>(found => Reachable(log, found.Member.Address));
    }

    public static Props Props(ILogger log) =>
        // As the actors that act on it: a moment that is logged late is a wrong one.
        Akka.Actor.Props.Create(() => new MemberLog(log)).WithDispatcher("akka.actor.internal-dispatcher");

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    [LoggerMessage(1010, LogLevel.Information, "Member {Address} is {Status}.")]
    private static partial void Changed(ILogger log, Address address, MemberStatus status);

    [LoggerMessage(1011, LogLevel.Information, "Member {Address} is unreachable.")]
    private static partial void Unreachable(ILogger log, Address address);

    [LoggerMessage(1012, LogLevel.Information, "Member {Address} is reachable again.")]
    private static partial void Reachable(ILogger log, Address address);
}
