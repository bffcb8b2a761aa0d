using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pomegranate.Backend.Server;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Hosting;

/// <summary>The first of a backend to start: refuses a host that cannot be one, before it joins a cluster.</summary>
internal sealed class HostCheck(IServiceProvider services) : IHostedLifecycleService
{
    private const string Seeds = $"{NodeOptions.Section}:{nameof(NodeOptions.Seeds)} is set, so this app is to be a backend";
    private bool _isAnnounced;

    /// <exception cref="InvalidOperationException">The host runs no web application, or runs it on a server of its own.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _isAnnounced = true;
        if (services.GetService<IWebHostEnvironment>() is null)
        {
            throw new InvalidOperationException(
                $"{Seeds}, but its host has no web application (it was built by Host.CreateApplicationBuilder, for example). "
                + "Build it with WebApplication.CreateBuilder(args), or leave AddPomegranateBackend() out.");
        }

        var server = services.GetRequiredService<IServer>();
        return server is PomegranateServer
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"{Seeds}, but its requests are served by {server.GetType().FullName}, which was registered after AddPomegranateBackend() or is none of "
                + "ASP.NET Core's own. Call AddPomegranateBackend() on the host's builder or after that server's registration, "
                + "or run the app without seeds (an empty Pomegranate:Cluster:Seeds:0 will do), then it is in no cluster.");
    }

    /// <exception cref="InvalidOperationException">The host does not start its services in steps.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => _isAnnounced
        ? Task.CompletedTask
        : throw new InvalidOperationException(
            $"{Seeds}, but WebHost takes requests before its services have started, which a backend cannot. "
            + "Build it with Host.CreateDefaultBuilder(args).ConfigureWebHostDefaults(web => web.UseStartup<Startup>()), or WebApplication.CreateBuilder(args).");

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
