using Akka.Configuration;

namespace Pomegranate.Partitions;

/// <summary>How long <see cref="PartitionResolver"/> waits for what.</summary>
/// <param name="StableAfter">Nothing may change for so long before it is decided.</param>
/// <param name="UnstableAfter">How much longer than that is waited for it, from the first break.</param>
/// <param name="YoungFor">So long after it has joined a member has just begun.</param>
/// <param name="MorePatience">How much longer is waited where one that has just begun is silent: twice what is accepted of others.</param>
internal sealed record DowningTimes(TimeSpan StableAfter, TimeSpan UnstableAfter, TimeSpan YoungFor, TimeSpan MorePatience)
{
    public static DowningTimes Of(Config config) => new(
        config.GetTimeSpan("pomegranate.partitions.stable-after"),
        config.GetTimeSpan("pomegranate.partitions.unstable-after"),
        config.GetTimeSpan("pomegranate.partitions.young-for"),
        config.GetTimeSpan("akka.cluster.failure-detector.acceptable-heartbeat-pause") * 2);
}
