using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// The line in an app's <c>Program.cs</c>. What it stands for is decided when the host is built, with all of the app's
/// configuration and services: it does not matter whether seeds, Kestrel or sessions are configured before or after it.
/// </summary>
/// <remarks>
/// A builder tells nobody that it is about to build but through the diagnostic source that <c>WebApplicationFactory</c>,
/// <c>dotnet ef</c> and the OpenAPI tools use for the same end.
/// </remarks>
internal sealed class BackendLine : IHostedService, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string HostListener = "Microsoft.Extensions.Hosting";
    private const string HostBuilding = "HostBuilding";

    private readonly IDisposable _watch;
    private readonly List<IDisposable> _hosts = [];

    public BackendLine() => _watch = DiagnosticListener.AllListeners.Subscribe(this);

    /// <summary>Whether the line is among the services already: once is enough.</summary>
    public static bool IsIn(IServiceCollection services) =>
        services.Any(service => service.ServiceType == typeof(IHostedService) && service.ImplementationInstance is BackendLine);

    /// <summary>Holds the line's place among the services until the host is built.</summary>
    public void AddTo(IServiceCollection services) => services.AddSingleton<IHostedService>(this);

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (value.Name == HostListener)
        {
            lock (_hosts)
            {
                _hosts.Add(value.Subscribe(this, name => name == HostBuilding));
            }
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: HostBuilding, Value: IHostBuilder host })
        {
            // Any host of the process; whether it is ours its services say. Asked for among the configuration's steps, which come
            // before those of the services, ours is the last of the latter, whoever else has been told of the host.
            host.ConfigureAppConfiguration((_, _) => host.ConfigureServices((context, services) => Replace(services, context.Configuration)));
        }
    }

    private void Replace(IServiceCollection services, IConfiguration configuration)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i].ServiceType == typeof(IHostedService) && services[i].ImplementationInstance == this)
            {
                services.RemoveAt(i);
                BackendServices.AddTo(services, configuration, i);
                StopWatching();
                return;
            }
        }
    }

    private void StopWatching()
    {
        _watch.Dispose();
        lock (_hosts)
        {
            _hosts.ForEach(host => host.Dispose());
            _hosts.Clear();
        }
    }

    /// <exception cref="InvalidOperationException">Always: the line would have been replaced, had the host been built as hosts are.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        StopWatching();
        throw new InvalidOperationException(
            "AddPomegranateBackend() was called on a builder that does not build its host as Microsoft.Extensions.Hosting does. "
            + "Call services.AddPomegranateBackend(configuration) instead, after all other services and just before the host is built.");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    void IObserver<DiagnosticListener>.OnCompleted()
    {
    }

    void IObserver<DiagnosticListener>.OnError(Exception error)
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }
}
