using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>The app as it is without us.</summary>
internal sealed class KestrelSide : ISide
{
    private WebApplication _host = null!;

    private KestrelSide(TriedApp app) => App = app;

    public TriedApp App { get; }

    public Uri Address { get; private set; } = null!;

    public Gates Gates { get; } = new();

    public MovableClock Clock { get; } = new();

    public static async Task<ISide> StartAsync(TriedApp app)
    {
        var side = new KestrelSide(app);
        side._host = AppHost.Build(app, side.Gates, null, builder =>
        {
            builder.Logging.AddProvider(new NodeLog());
            builder.WebHost.UseKestrel(kestrel =>
            {
                kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = app.IsHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
            });
            builder.WebHost.UseUrls("http://127.0.0.1:0");

            // The keys of whoever runs the tests are none of its business.
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddSingleton<TimeProvider>(side.Clock);
            builder.Services.Configure<MemoryDistributedCacheOptions>(cache => cache.Clock = new CacheClock(side.Clock));
        });
        await side._host.StartAsync().For($"{app.Name} on Kestrel");
        side.Address = new Uri(side._host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return side;
    }

    public Task KillAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
    }

    /// <summary>In-memory sessions end by the clock that the cluster's end by.</summary>
    private sealed class CacheClock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
