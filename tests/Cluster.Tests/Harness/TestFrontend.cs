using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pomegranate.Frontend.Hosting;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>A frontend on Kestrel, on a port the system chose.</summary>
internal sealed class TestFrontend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _isStopping;

    private TestFrontend(WebApplication app)
    {
        _app = app;
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Order(StringComparer.Ordinal).First());
    }

    /// <summary>The first of several, those of HTTP before those of HTTPS. As it was at the start: Kestrel has none while it opens an endpoint again.</summary>
    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<TestFrontend> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, ILoggerProvider log, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();

        // Only a test of the close itself is to wait for it.
        builder.Configuration.AddInMemoryCollection([new("Pomegranate:Gateway:CloseDelay", "00:00:00")]);
        builder.Configuration.AddInMemoryCollection(settings);
        configure?.Invoke(builder);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddFrontend();
        var app = builder.Build();
        app.MapFrontend();
        await app.StartAsync().For($"a frontend that takes connections. {log}");
        return new TestFrontend(app);
    }

    /// <summary>Tells it to stop, and cuts short what is left of the stop when the token fires.</summary>
    public Task StopAsync(CancellationToken enough)
    {
        _isStopping = true;
        return _app.StopAsync(enough);
    }

    public async ValueTask DisposeAsync()
    {
        // A second stop would wait for a second drain.
        if (!_isStopping)
        {
            await _app.StopAsync();
        }

        await _app.DisposeAsync();
    }
}
