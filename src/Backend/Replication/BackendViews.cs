using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Sharding;
using Pomegranate.Views;

namespace Pomegranate.Backend.Replication;

/// <summary>Passes on what a backend's views mean for its replica and for its homes.</summary>
internal sealed class BackendViews(IActorRef sync, HomeLease lease) : IViewBackend
{
    public void Install(View view) => sync.Tell(new ReplicaSync.Installed(view));

    public void Confirm(UniqueAddress backend) => sync.Tell(new ReplicaSync.Confirmed(backend));

    public void Settle(View view) => sync.Tell(new ReplicaSync.Settled(view.Number));

    public void Lease(long until) => lease.Set(until);
}
