using System.Collections.Concurrent;
using Akka.Actor;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Gateway;
using Pomegranate.Lanes;

namespace Pomegranate.Frontend.Gateway;

/// <summary>The ways to the apps that this frontend's routes name. Thread-safe.</summary>
/// <remarks>
/// A way that no route names any more is kept: its last requests and WebSockets still use it, and idle it costs next to
/// nothing.
/// </remarks>
internal sealed class AppGateways : IDisposable
{
    private readonly ConcurrentDictionary<string, ClusterGateway> _gateways = new(StringComparer.Ordinal);
    private readonly ActorSystem _system;
    private readonly NodeOptions _node;
    private readonly RequestNumbers _numbers;
    private readonly StreamListener _streams;
    private readonly LaneDialer _lanes;
    private readonly AppHeadLimits _heads;
    private readonly TimeProvider _time;
    private readonly GatewayGauges _gauges;
    private volatile IReadOnlyList<ClusterGateway> _mounted = [];

    public AppGateways(ActorSystem system, IOptions<NodeOptions> node, StreamListener streams, AppHeadLimits heads, TimeProvider time, ILoggerFactory loggers)
    {
        _system = system;
        _node = node.Value;
        _numbers = new RequestNumbers(system);
        _streams = streams;
        _lanes = new LaneDialer(system, loggers.CreateLogger("Pomegranate.Lanes"));
        _heads = heads;
        _time = time;
        _gauges = new GatewayGauges(_node.NodeName, () => _gateways.Values, streams);
        system.ActorOf(UndeliveredRequests.Props(_node.NodeName), UndeliveredRequests.Name);
    }

    /// <summary>The ways to the apps that routes name now.</summary>
    public IReadOnlyList<ClusterGateway> Mounted => _mounted;

    public ClusterGateway? Find(string app) => _gateways.GetValueOrDefault(app);

    /// <summary>Opens the way to an app that routes name from now on; one that is open gets these options.</summary>
    public ClusterGateway Mount(string app, GatewayOptions options)
    {
        // Only YARP's configuration calls this, one call at a time.
        if (_gateways.TryGetValue(app, out var gateway))
        {
            gateway.Options = options;
        }
        else
        {
            gateway = _gateways[app] = new ClusterGateway(app, options, _system, _node, _numbers, _streams, _lanes, _heads, _time);
        }

        if (!_mounted.Contains(gateway))
        {
            _mounted = [.. _mounted, gateway];
        }

        return gateway;
    }

    /// <summary>No route names the app any more.</summary>
    public void Unmount(string app) => _mounted = [.. _mounted.Where(gateway => gateway.App != app)];

    public void Dispose() => _gauges.Dispose();
}
