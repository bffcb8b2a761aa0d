using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Mounts;

/// <summary>
/// Two backends without a name, two of the app "shop", none of the app "nobody", an ordinary web server, and a frontend
/// that serves them all by path and host.
/// </summary>
public sealed class MountedCluster : IAsyncLifetime
{
    internal const int MaxBodyBytes = 1_000;
    internal const int MaxConcurrent = 3;

    private readonly List<IDisposable> _files = [];
    private WebApplication _legacy = null!;

    internal TestCluster Cluster { get; private set; } = null!;

    internal WebApplication[] Shop { get; private set; } = [];

    internal TestFrontend Frontend { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _legacy = await StartLegacyAsync();
        Cluster = await TestCluster.StartAsync();
        Shop = await Task.WhenAll(
            Cluster.StartBackendAsync("shop-1", ("Pomegranate:Cluster:App", "shop")),
            Cluster.StartBackendAsync("shop-2", ("Pomegranate:Cluster:App", "shop")));
        Frontend = await StartFrontendAsync(Settings(_legacy.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
    }

    public async Task DisposeAsync()
    {
        await Frontend.DisposeAsync();
        await Cluster.DisposeAsync();
        await _legacy.DisposeAsync();
        _files.ForEach(file => file.Dispose());
    }

    internal async Task<TestFrontend> StartFrontendAsync(string json)
    {
        var file = new SettingsFile(json);
        _files.Add(file);
        return await Cluster.StartFrontendAsync(file.Path);
    }

    private static string Settings(string legacy) => $$"""
        {
          "Pomegranate": {
            "Gateway": { "HealthPath": "/healthz", "TrustedProxies": [ "127.0.0.0/8" ] },
            "Apps": {
              "shop": {
                "RequestTimeout": "00:00:02",
                "MaxRequestBodyBytes": {{MaxBodyBytes}},
                "MaxAppRequests": {{MaxConcurrent}}
              },
              "nobody": {}
            }
          },
          "ReverseProxy": {
            "Clusters": { "legacy": { "Destinations": { "one": { "Address": "{{legacy}}" } } } },
            "Routes": {
              "shop": { "ClusterId": "shop", "Match": { "Path": "/shop/{**rest}" }, "Transforms": [ { "PathBase": "/shop" } ] },
              "shop-host": { "ClusterId": "shop", "Match": { "Path": "{**rest}", "Hosts": [ "shop.test" ] }, "Order": -1 },
              "cut": {
                "ClusterId": "shop",
                "Match": { "Path": "/cut/{**rest}" },
                "MaxRequestBodySize": 10,
                "Transforms": [ { "PathRemovePrefix": "/cut" }, { "QueryValueParameter": "added", "Set": "1" } ]
              },
              "hurry": { "ClusterId": "default", "Match": { "Path": "/hurry/{**rest}" }, "Timeout": "00:00:01", "Transforms": [ { "PathRemovePrefix": "/hurry" } ] },
              "nobody": { "ClusterId": "nobody", "Match": { "Path": "/nobody/{**rest}" } },
              "legacy": { "ClusterId": "legacy", "Match": { "Path": "/legacy/{**rest}" } },
              "rest": { "ClusterId": "default", "Match": { "Path": "{**rest}" } }
            }
          }
        }
        """;

    private static async Task<WebApplication> StartLegacyAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync($"legacy {context.Request.Path} for {context.Request.Headers["X-Forwarded-For"]}"));
        await app.StartAsync();
        return app;
    }
}
