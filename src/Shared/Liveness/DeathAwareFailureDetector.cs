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
/// judgement: Akka tells the monitored address to detectors of that type alone.
/// </remarks>
internal sealed class DeathAwareFailureDetector : PhiAccrualFailureDetector
{
    private readonly ProvenDeaths _deaths;

    public DeathAwareFailureDetector(Config config, EventStream eventStream)
        : base(config, eventStream) => _deaths = ProvenDeaths.Of(eventStream);

    public override bool IsAvailable => !_deaths.Contains(Address) && base.IsAvailable;
}
