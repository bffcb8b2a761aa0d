using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>The app behind a frontend, on two backends.</summary>
internal sealed class ClusterSide : ISide
{
    private TestCluster _cluster = null!;

    private ClusterSide(TriedApp app) => App = app;

    public TriedApp App { get; }

    public Uri Address { get; private set; } = null!;

    public Gates Gates { get; } = new();

    public MovableClock Clock => _cluster.Clock;

    public static async Task<ISide> StartAsync(TriedApp app)
    {
        var side = new ClusterSide(app);
        side._cluster = await TestCluster.StartAsync((settings, configure) => AppHost.Build(app, side.Gates, settings, configure), app.NodeSettings);
        side.Address = (app.IsHttp2
            ? await side._cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"))
            : side._cluster.Frontend).Address;
        return side;
    }

    public async Task KillAsync()
    {
        await _cluster.StartBackendAsync("backend-3");
        await _cluster.StartBackendAsync("backend-4");
        foreach (var backend in _cluster.Backends)
        {
            await _cluster.KillAsync(backend);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
