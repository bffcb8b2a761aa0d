using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pomegranate.Configuration;

/// <summary>
/// Validates every option before anything reads one. The host does so too, but builds its services first, and Akka's
/// reads its own options then: a bad one there would hide the others.
/// </summary>
internal sealed class OptionsFirst : IHostedService
{
    /// <exception cref="OptionsValidationException">Options of one class are bad; of several, an AggregateException of these.</exception>
    public OptionsFirst(IStartupValidator validator) => validator.Validate();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Hosted services are built in the order of their registration, so this one goes before them all.</summary>
    /// <returns>Where it is among the services.</returns>
    public static int Register(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            // The type first: a descriptor with a key must not be asked for its implementation.
            if (services[i].ServiceType == typeof(IHostedService) && services[i].ImplementationType == typeof(OptionsFirst))
            {
                return i;
            }
        }

        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, OptionsFirst>());
        return 0;
    }
}
