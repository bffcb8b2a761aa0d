using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Which of the apps that routes name this frontend can reach now.</summary>
/// <param name="Reached">Backends take their sessions.</param>
/// <param name="Unready">Backends are up but take no sessions yet, or the shard coordinator does not answer.</param>
/// <param name="Missing">No backend is up.</param>
internal sealed record AppReach(IReadOnlyList<ClusterGateway> Reached, IReadOnlyList<string> Unready, IReadOnlyList<string> Missing)
{
    /// <summary>
    /// Whether this frontend is as useful as any: an app without backends is out of order on every frontend, and must not
    /// take the others with it. True where routes name no app at all.
    /// </summary>
    public bool IsEnough => Unready.Count == 0 && (Reached.Count > 0 || Missing.Count == 0);

    public static async Task<AppReach> AskAsync(AppGateways gateways, CancellationToken cancellation)
    {
        var up = gateways.Mounted.ToLookup(gateway => gateway.Backends > 0);
        var asked = await Task.WhenAll(up[true].Select(async gateway => (gateway, hasRegions: await gateway.HasRegionsAsync(cancellation))));
        return new AppReach(
            [.. asked.Where(app => app.hasRegions).Select(app => app.gateway)],
            [.. asked.Where(app => !app.hasRegions).Select(app => app.gateway.App)],
            [.. up[false].Select(gateway => gateway.App)]);
    }
}
