using Akka.Actor;
using Akka.Cluster;

namespace Pomegranate.Partitions;

/// <summary>Puts <see cref="PartitionResolver"/> in the place of Akka's downing; named in pomegranate.conf.</summary>
internal sealed class PartitionDowning(ActorSystem system, Cluster cluster) : IDowningProvider
{
    /// <summary>
    /// By default Akka waits the stable time again before the downed are removed, so that they have ended by then.
    /// Commits need a majority of the backends instead.
    /// </summary>
    public TimeSpan DownRemovalMargin => system.Settings.Config.GetTimeSpan("akka.cluster.down-removal-margin");

    public Props DowningActorProps
    {
        get
        {
            var times = DowningTimes.Of(system.Settings.Config);
            return Props.Create(() => new PartitionResolver(cluster, times, TimeProvider.System));
        }
    }
}
