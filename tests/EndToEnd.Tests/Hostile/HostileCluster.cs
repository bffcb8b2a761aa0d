using System.Net;
using System.Net.Sockets;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>
/// A small cluster whose frontend has Kestrel's limits set short, so that a test need not wait for the defaults (30 s for
/// headers, 240 bytes a second), and a second port for HTTP/2.
/// </summary>
public sealed class HostileCluster : IAsyncLifetime
{
    private ClusterProcess _cluster = null!;

    public int Http1 { get; private set; }

    public int Http2 { get; private set; }

    internal IReadOnlyList<ClusterNode> Nodes => [.. _cluster.Nodes.Where(n => n.Role is "frontend" or "backend")];

    public async Task InitializeAsync()
    {
        (Http1, Http2) = (FreePort.Next(), FreePort.Next());
        _cluster = await ClusterProcess.StartAsync(
            backends: 2, frontends: 1, settings:
            [
                // A busy machine must not lose a member: that is another test's.
                "Pomegranate:Cluster:AcceptableHeartbeatPause=00:00:30",
                $"Kestrel:Endpoints:Http1:Url=http://127.0.0.1:{Http1}",
                $"Kestrel:Endpoints:Http2:Url=http://127.0.0.1:{Http2}",
                "Kestrel:Endpoints:Http2:Protocols=Http2",
                "Kestrel:Limits:RequestHeadersTimeout=00:00:02",
                "Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond=1000",
                "Kestrel:Limits:MinRequestBodyDataRate:GracePeriod=00:00:02",
                "Kestrel:Limits:MinResponseDataRate:BytesPerSecond=10000000",
                "Kestrel:Limits:MinResponseDataRate:GracePeriod=00:00:02",
            ]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    /// <summary>Waits until no node has anything in hand.</summary>
    internal async Task<NodeFigures[]> AwaitIdleAsync()
    {
        NodeFigures[] seen = [];
        await Await.UntilAsync(
            "no connection, request, stream or session actor in hand anywhere", TimeSpan.FromSeconds(30),
            async () => (seen = await NodeFigures.OfAsync(Nodes)).All(node => node is { IsIdle: true, Actors: 0 }),
            () => string.Join(Environment.NewLine, seen.Select(node => node.ToString())) + _cluster.LogTail());
        return seen;
    }
}
