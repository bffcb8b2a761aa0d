using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Frontend.Edge;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>The edge's parts on Kestrel with the test's code behind them, and no cluster.</summary>
internal sealed class EdgeApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EdgeApp(WebApplication app, Uri address)
    {
        _app = app;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>A client that decompresses nothing.</summary>
    public HttpClient Http { get; }

    public static async Task<EdgeApp> StartAsync(RequestDelegate code, params IEnumerable<(string Key, string Value)> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{IPAddress.Loopback}:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddEdge();
        var app = builder.Build();
        try
        {
            app.UseEdge();
            app.Run(code);
            await app.StartAsync().For("an app at the edge");
            return new EdgeApp(app, new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
