using Akka.Actor;
using Akka.Event;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// The store that the options ask for, if any: opened, and so checked, before the node joins, and closed with the host.
/// </summary>
internal sealed class DurableSessions(IOptions<ReplicationOptions> options, IHostEnvironment environment, TimeProvider time) : IDisposable
{
    // Not in the constructor: the app is built before its options are validated, and one bad option here must not hide
    // the others.
    private readonly Lazy<DurableStore?> _store = new(() => options.Value.DurableDirectory is { } directory
        ? DurableStore.Open(Path.GetFullPath(directory, environment.ContentRootPath), options.Value.DurableMaxBytes)
        : null);

    private RestartGate? _gate;

    /// <summary>Null where sessions are kept in memory only. Opened when first asked for.</summary>
    /// <exception cref="DurableStoreException">The directory cannot be used; the message says why.</exception>
    public DurableStore? Store => _store.Value;

    /// <summary>Why this node does not serve yet, if it waits for the disks of others.</summary>
    public string? WaitingFor => _gate?.WaitingFor;

    /// <summary>What decides after a stop of all backends when this one may serve; null without a store.</summary>
    public RestartGate? GateOf(ActorSystem system)
    {
        if (Store is not null)
        {
            var address = Akka.Cluster.Cluster.Get(system).SelfAddress;
            _gate = new RestartGate(Store, options.Value, time, $"{address.Host}:{address.Port}", Logging.GetLogger(system, nameof(RestartGate)));
        }

        return _gate;
    }

    public void Dispose()
    {
        if (_store.IsValueCreated)
        {
            Store?.Dispose();
        }
    }
}
