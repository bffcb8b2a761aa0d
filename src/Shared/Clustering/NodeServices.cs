using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pomegranate.Configuration;

namespace Pomegranate.Clustering;

/// <summary>
/// What makes a host a node, as one hosted service: started in order and stopped in reverse, also in a host that starts or
/// stops its services all at once, and before and after whatever else the host has.
/// </summary>
internal sealed class NodeServices(IEnumerable<NodeServices.Part> parts, IServiceProvider provider) : IHostedLifecycleService
{
    private readonly IHostedLifecycleService[] _parts = [.. parts.Select(part => part.Create(provider))];

    public Task StartingAsync(CancellationToken cancellationToken) => StartEachAsync(part => part.StartingAsync(cancellationToken));

    public Task StartAsync(CancellationToken cancellationToken) => StartEachAsync(part => part.StartAsync(cancellationToken));

    public Task StartedAsync(CancellationToken cancellationToken) => StartEachAsync(part => part.StartedAsync(cancellationToken));

    public Task StoppingAsync(CancellationToken cancellationToken) => StopEachAsync(part => part.StoppingAsync(cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken) => StopEachAsync(part => part.StopAsync(cancellationToken));

    public Task StoppedAsync(CancellationToken cancellationToken) => StopEachAsync(part => part.StoppedAsync(cancellationToken));

    private async Task StartEachAsync(Func<IHostedLifecycleService, Task> step)
    {
        foreach (var part in _parts)
        {
            await step(part);
        }
    }

    /// <summary>As the host itself: what fails to stop does not keep the others from it.</summary>
    private async Task StopEachAsync(Func<IHostedLifecycleService, Task> step)
    {
        List<Exception> failures = [];
        foreach (var part in _parts.Reverse())
        {
            try
            {
                await step(part);
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw failures is [var failure] ? failure : new AggregateException(failures);
        }
    }

    /// <summary>One of the services, in the order of their registration.</summary>
    internal sealed record Part(Func<IServiceProvider, IHostedLifecycleService> Create);
}

/// <summary>Adds services to <see cref="NodeServices"/>.</summary>
internal static class NodeServicesRegistration
{
    /// <summary>Adds a service that starts after those added so far.</summary>
    public static IServiceCollection AddNodeService(this IServiceCollection services, Func<IServiceProvider, IHostedLifecycleService> create)
    {
        services.AddSingleton(new NodeServices.Part(create));
        if (!services.Any(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(NodeServices)))
        {
            services.Insert(OptionsFirst.Register(services) + 1, ServiceDescriptor.Singleton<IHostedService, NodeServices>());
        }

        return services;
    }
}
