using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Features;

/// <summary>A cluster whose app has told its Kestrel something, and the app's code by its path.</summary>
internal sealed class OwnApp : IAsyncDisposable
{
    private readonly AppCode _code;

    private OwnApp(AppCode code, TestCluster cluster)
    {
        _code = code;
        Cluster = cluster;
    }

    public TestCluster Cluster { get; }

    public static async Task<OwnApp> StartAsync(
        Action<KestrelServerOptions> kestrel, Action<WebApplication>? map = null, Action<WebApplicationBuilder>? build = null, params IEnumerable<(string Key, string Value)> settings)
    {
        var code = new AppCode();
        var cluster = await TestCluster.StartAsync(
            (named, configure) =>
            {
                var app = TestApp.Build(code, named, builder =>
                {
                    configure(builder);
                    builder.WebHost.ConfigureKestrel(kestrel);
                    build?.Invoke(builder);
                });
                map?.Invoke(app);
                return app;
            },
            settings);
        return new OwnApp(code, cluster);
    }

    public string Path(RequestDelegate app) => $"/exclusive/{_code.Add(app)}";

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
