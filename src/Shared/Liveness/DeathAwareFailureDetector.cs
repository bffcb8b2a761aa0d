using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Pomegranate.Liveness;

/// <summary>
/// Akka's own failure detector, which moreover knows the proven dead: unavailable from the moment of the proof,
/// whatever its heartbeats say. <c>Cluster.Down</c> alone would not do, because the leader removes only members that
/// are both down and unreachable.
/// </summary>
/// <remarks>
/// Named in pomegranate.conf and constructed by Akka. It derives from the phi accrual detector not only for its
/// judgement: Akka tells the monitored address to detectors of that type alone. All silence counts alike here: patience with
/// a node that has just begun is the decision's (<see cref="Pomegranate.Partitions.DowningTimes"/>), which all take together.
/// </remarks>
internal sealed class DeathAwareFailureDetector(Config config, EventStream eventStream) : PhiAccrualFailureDetector(config, eventStream)
{
    private readonly ProvenDeaths _deaths = ProvenDeaths.Of(eventStream);

    public override bool IsAvailable => !_deaths.Contains(Address) && base.IsAvailable;
}
