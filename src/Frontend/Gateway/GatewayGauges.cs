using System.Diagnostics.Metrics;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Management;

namespace Pomegranate.Frontend.Gateway;

/// <summary>What a frontend has in flight. On a meter of its own, which ends with its node.</summary>
internal sealed class GatewayGauges : IDisposable
{
    private readonly Meter _meter = new(PomegranateMeter.Name);

    public GatewayGauges(string node, Func<IEnumerable<ClusterGateway>> gateways, StreamListener streams)
    {
        var tag = new KeyValuePair<string, object?>("node", node);
        _meter.CreateObservableGauge(
            "pomegranate.gateway.requests",
            () => gateways().Select(gateway => new Measurement<int>(gateway.Pending, tag, new("app", gateway.App))),
            "{request}", "Requests sent into the cluster that no home has answered yet.");
        _meter.CreateObservableGauge(
            "pomegranate.gateway.streams", () => new Measurement<int>(streams.Count, tag), "{stream}", "Streamed responses and WebSockets that are open.");
    }

    public void Dispose() => _meter.Dispose();
}
