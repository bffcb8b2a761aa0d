using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Hosting;

// Where every web app looks by itself: the line needs no using.
namespace Microsoft.Extensions.Hosting;

/// <summary>Makes an ASP.NET Core app a backend of a Pomegranate cluster.</summary>
public static class PomegranateBackendExtensions
{
    /// <summary>
    /// Makes the app a backend: its requests come through the cluster's frontends, its sessions are copied to the other
    /// backends before each response leaves, and it needs no change. Configured by the sections
    /// <c>Pomegranate:Cluster</c>, <c>:Session</c>, <c>:Replication</c>, <c>:Backend</c> and <c>:Management</c>.
    /// </summary>
    /// <remarks>
    /// Without <c>Pomegranate:Cluster:Seeds</c> there is no cluster, and the app runs on Kestrel with in-memory sessions
    /// as before; so it does under <c>WebApplicationFactory</c> and the tools that look at an app at build time. Anywhere
    /// before <c>Build()</c>, before or after the app's own services, servers and configuration; a second call does nothing.
    /// </remarks>
    /// <exception cref="OptionsValidationException">Thrown at start, naming every option that is out of its range.</exception>
    public static TBuilder AddPomegranateBackend<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!BackendLine.IsIn(builder.Services))
        {
            new BackendLine().AddTo(builder.Services);
        }

        return builder;
    }

    /// <summary>The same for an app whose host is built by <c>Host.CreateDefaultBuilder(args)</c>.</summary>
    /// <inheritdoc cref="AddPomegranateBackend{TBuilder}(TBuilder)"/>
    public static IHostBuilder AddPomegranateBackend(this IHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var line = new BackendLine();
        return builder.ConfigureServices(services =>
        {
            if (!BackendLine.IsIn(services))
            {
                line.AddTo(services);
            }
        });
    }

    /// <summary>
    /// The same in a <c>Startup</c> class's <c>ConfigureServices</c>. What is added after it is not seen: where that is a
    /// server, use <see cref="AddPomegranateBackend(IHostBuilder)"/>.
    /// </summary>
    /// <inheritdoc cref="AddPomegranateBackend{TBuilder}(TBuilder)"/>
    public static IServiceCollection AddPomegranateBackend(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (!BackendLine.IsIn(services) && !BackendServices.AreIn(services))
        {
            BackendServices.AddTo(services, configuration, services.Count);
        }

        return services;
    }
}
