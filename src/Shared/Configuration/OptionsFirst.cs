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
    public static void Register(IServiceCollection services)
    {
        if (!services.Any(service => service.ImplementationType == typeof(OptionsFirst)))
        {
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService, OptionsFirst>());
        }
    }
}
