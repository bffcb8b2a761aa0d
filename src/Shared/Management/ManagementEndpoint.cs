using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Pomegranate.Management;

/// <summary>
/// The node's management endpoint: a web server of its own, because a backend's app has ours in place of Kestrel and
/// a lighthouse has none. It is the first thing of a node to start and the last to stop, so that a node that hangs in
/// either can be asked why.
/// </summary>
internal sealed class ManagementEndpoint(
    ManagedNode node,
    IOptions<ManagementOptions> options,
    ILoggerFactory loggers) : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>The longest body that is read: an address and an operation need a few hundred bytes.</summary>
    public const int MaxBodyBytes = 8 * 1024;

    private readonly ILogger _log = loggers.CreateLogger<ManagementEndpoint>();
    private WebApplication? _app;
    private MemberGauges? _gauges;

    /// <summary>Where the endpoint listens; null before it does.</summary>
    public Uri? Address { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var host = options.Value.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Value.Host);
        _app = Build(new IPEndPoint(host, options.Value.Port));
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // Kestrel's own text names neither the option nor what to do.
            throw new InvalidOperationException(
                $"{ManagementOptions.Section} is '{options.Value.Host}:{options.Value.Port}' but the management endpoint cannot listen there: {exception.Message} " +
                $"Stop the program that has the port, choose another {ManagementOptions.Section}:Port, or 0 to let the system choose.",
                exception);
        }

        var bound = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Address = new Uri(bound);
        _gauges = new MemberGauges(node);
        _log.Listening(node.Name, bound);
        node.Start();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Also ends an endpoint whose node failed to start: a host stops only what it has started.</summary>
    public async ValueTask DisposeAsync()
    {
        _gauges?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private WebApplication Build(IPEndPoint listenOn)
    {
        // Empty, not slim: the app's own ASPNETCORE_URLS and Kestrel section must not move this server or add to it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Listen(listenOn);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<ILoggerFactory>(new QuietLoggerFactory(loggers));
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, BorrowedLifetime>();

        // In this container, not the node's: whatever the app does with OpenTelemetry stays its own affair.
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("pomegranate", serviceInstanceId: node.Name))
            .WithMetrics(metrics => metrics
                .AddMeter(PomegranateMeter.Name, "Microsoft.AspNetCore.*", "System.Net.*")
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());

        var app = builder.Build();
        app.Use(RefusalMiddleware.InvokeAsync);
        app.Use(new CrossSiteGuard(IPAddress.IsLoopback(listenOn.Address)).InvokeAsync);
        app.UseRouting();
        ManagementRoutes.Map(app, node, _log);
        return app;
    }

    /// <summary>Signals belong to the node's own host: a second listener would print and stop beside it.</summary>
    private sealed class BorrowedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
