using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pomegranate.Overload;

namespace Pomegranate.Backend.Server;

/// <summary>An <see cref="IServer"/> without sockets: session actors give it requests through <see cref="Ready"/>.</summary>
internal sealed class PomegranateServer : IServer
{
    private readonly TaskCompletionSource<ApplicationRunner> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RunningRequests _running = new();
    private readonly IOptions<PomegranateServerOptions> _options;
    private readonly IOptions<KestrelServerOptions> _kestrel;
    private readonly IServerDrain? _drain;
    private readonly TimeProvider _time;
    private readonly ServerAddressesFeature _addresses = new();
    private readonly ILogger _logger;
    private Admission? _admission;
    private AppThreads? _threads;

    public PomegranateServer(
        IOptions<PomegranateServerOptions> options,
        IOptions<KestrelServerOptions> kestrel,
        ILogger<PomegranateServer> logger,
        IServerDrain? drain = null,
        TimeProvider? time = null)
    {
        // Read at start: the app is built before its options are validated, and one bad option here must not hide the
        // others.
        _options = options;
        _kestrel = kestrel;
        _logger = logger;
        _drain = drain;
        _time = time ?? TimeProvider.System;
        Features.Set<IServerAddressesFeature>(_addresses);
    }

    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>Completes when the app's pipeline is built and takes requests; cancelled if the app never starts.</summary>
    public Task<ApplicationRunner> Ready => _ready.Task;

    /// <summary>Requests in the app.</summary>
    public int Running => _running.Count;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        // The host filled in what the configuration says (ASPNETCORE_URLS and the like); nothing listens there.
        _addresses.Addresses.Clear();
        var settings = RequestSettings.From(_options.Value, _kestrel.Value);
        _admission = new Admission(PomegranateServerOptions.Section, _options.Value.Limits, _time);
        _threads = new AppThreads(_time);
        var runner = new ApplicationRunner(new ErasedApplication<TContext>(application), settings, new FrontendAddresses(_addresses), _running, _admission, _threads, _logger);
        if (!_ready.TrySetResult(runner))
        {
            throw new InvalidOperationException("Server has already started.");
        }

        if (UnheldSettings.In(_kestrel.Value) is { Count: > 0 } unheld)
        {
            _logger.SettingsUnheld(string.Join(", ", unheld));
        }

        _logger.ServerStarted();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_drain is not null)
        {
            _logger.DrainStarted();
            try
            {
                await _drain.DrainAsync(cancellationToken);
            }
            catch (Exception failure)
            {
                // A node that cannot leave gracefully still stops, and the requests it runs still deserve their time.
                _logger.DrainFailed(failure);
            }
        }

        try
        {
            var last = _running.CloseAsync();
            _running.EndSocketsAfter(_options.Value.SocketGrace);
            await last.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _logger.StopTimedOut(_running.Count);
            _running.AbortAll();
        }

        _logger.ServerStopped();
    }

    public void Dispose()
    {
        _ready.TrySetCanceled();
        _running.Dispose();
        _admission?.Dispose();
        _threads?.Dispose();
    }
}
