using System.Reflection;
using Akka.Cluster.Sharding;

namespace Pomegranate.Gateway;

/// <summary>
/// Makes a shard region forget which backend is home to a shard, so that it asks the coordinator anew.
/// </summary>
/// <remarks>
/// Needed after a backend was removed: a region that hears of it before the coordinator does is told the old home once
/// more, and from then on watches a node that is no member. That is noticed only by remoting's own failure detector:
/// 10 s and more, seen after a backend had hung. The message is the one by which Akka's coordinator begins a hand-off;
/// where a release renames it, <see cref="Of"/> is null and the wait is back.
/// </remarks>
internal static class ForgetHome
{
    private static readonly ConstructorInfo? BeginHandOff = typeof(ClusterSharding).Assembly
        .GetType("Akka.Cluster.Sharding.ShardCoordinator+BeginHandOff")
        ?.GetConstructor([typeof(string)]);

    public static object? Of(string shard) => BeginHandOff?.Invoke([shard]);
}
