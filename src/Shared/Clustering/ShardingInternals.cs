using System.Reflection;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Pomegranate.Clustering;

/// <summary>
/// Messages by which Akka.Cluster.Sharding speaks to itself, sent earlier than it would. Null where a release has renamed
/// one: then its wait is back, and a warning is logged (<see cref="Missing"/>).
/// </summary>
internal static class ShardingInternals
{
    private static readonly ConstructorInfo? StoppedRegion = Find("ShardCoordinator+RegionStopped")?.GetConstructor([typeof(IActorRef)]);
    private static readonly ConstructorInfo? WantedHome = Find("ShardCoordinator+GetShardHome")?.GetConstructor([typeof(string)]);
    private static readonly FieldInfo? HomesShard = Find("ShardCoordinator+ShardHome")?.GetField("Shard");
    private static readonly FieldInfo? HomesRegion = HomesShard?.DeclaringType?.GetField("Ref");
    private static readonly ConstructorInfo? DeadRegion = Find("ShardCoordinator+RebalanceWorker+ShardRegionTerminated")?.GetConstructor([typeof(IActorRef)]);

    /// <summary>A coordinator that has read its state need not wait for more.</summary>
    public static readonly object? StateInitialized = Instance("ShardCoordinator+StateInitialized");

    /// <summary>A region looks for the coordinator, if it has none.</summary>
    public static readonly object? RegisterRetry = Instance("ShardRegion+RegisterRetry");

    /// <summary>A region asks again for the homes of what it holds back, or looks for the coordinator.</summary>
    public static readonly object? Retry = Instance("ShardRegion+Retry");

    /// <summary>What a region tells the coordinator when it has stopped.</summary>
    public static object? RegionStopped(IActorRef region) => StoppedRegion?.Invoke([region]);

    /// <summary>Tells who moves a shard that a region has died, as the coordinator does, but once.</summary>
    public static object? RegionTerminated(IActorRef region) => DeadRegion?.Invoke([region]);

    /// <summary>Asks the coordinator for a shard's home, and to give it one where it has none.</summary>
    public static object? GetShardHome(string shard) => WantedHome?.Invoke([shard]);

    /// <summary>The shard that the answer to <see cref="GetShardHome"/> is about; null where the message is none.</summary>
    public static string? ShardOfHome(object message) => message.GetType() == HomesShard?.DeclaringType ? (string?)HomesShard.GetValue(message) : null;

    /// <summary>The region that the answer to <see cref="GetShardHome"/> names.</summary>
    public static IActorRef? RegionOfHome(object home) => (IActorRef?)HomesRegion?.GetValue(home);

    /// <summary>The messages that this release does not have.</summary>
    public static IReadOnlyList<string> Missing() =>
    [
        .. new (string Name, object? Found)[]
        {
            (nameof(RegionStopped), StoppedRegion), (nameof(GetShardHome), WantedHome), ("ShardHome", HomesRegion),
            (nameof(RegionTerminated), DeadRegion), (nameof(StateInitialized), StateInitialized),
            (nameof(RegisterRetry), RegisterRetry), (nameof(Retry), Retry),
        }.Where(message => message.Found is null).Select(message => message.Name),
    ];

    private static Type? Find(string name) => typeof(ClusterSharding).Assembly.GetType($"Akka.Cluster.Sharding.{name}");

    private static object? Instance(string name) => Find(name)?.GetField("Instance", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
}
