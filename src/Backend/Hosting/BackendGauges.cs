using System.Diagnostics.Metrics;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Management;

namespace Pomegranate.Backend.Hosting;

/// <summary>What a backend has in hand. On a meter of its own, which ends with its node.</summary>
internal sealed class BackendGauges : IDisposable
{
    private readonly Meter _meter = new(PomegranateMeter.Name);

    public BackendGauges(string node, PomegranateServer server, LiveActors actors)
    {
        var tag = new KeyValuePair<string, object?>("node", node);
        _meter.CreateObservableGauge(
            "pomegranate.server.requests", () => new Measurement<int>(server.Running, tag), "{request}", "Requests that run in the app, streams and WebSockets among them.");
        _meter.CreateObservableGauge(
            "pomegranate.session.actors", () => new Measurement<int>(actors.Count, tag), "{actor}", "Live session actors: sessions used lately, and requests without a session.");
    }

    public void Dispose() => _meter.Dispose();
}
