using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Pomegranate.Clustering;

/// <summary>
/// The node's actor system in the host's container. It has a key, because Akka.Hosting knows one system a container, and
/// in a backend that one is the app's own, whether <c>AddAkka</c> is called before our line or after it.
/// </summary>
internal static class NodeSystem
{
    /// <summary>The key of everything that belongs to the node's own actor system.</summary>
    public const string Key = "Pomegranate";

    /// <summary>The node's actor system. Whoever resolves it first lets it join the cluster.</summary>
    public static ActorSystem GetNodeSystem(this IServiceProvider services) => services.GetRequiredKeyedService<ActorSystem>(Key);

    /// <summary>Adds the system, and <see cref="NodeLifetime"/>, which starts and stops it.</summary>
    public static void AddNodeSystem(this IServiceCollection services, string name, Action<AkkaConfigurationBuilder, IServiceProvider> configure)
    {
        var akka = new ServiceCollection();
        akka.AddAkka<NodeLifetime>(name, configure);

        // What is not Akka's is options, which the host has, and its health check: a node has its own.
        var own = akka.Where(service => service.ImplementationFactory is not null && service.ServiceType.Namespace!.StartsWith("Akka", StringComparison.Ordinal)).ToList();
        var types = own.Select(service => service.ServiceType).ToHashSet();
        foreach (var service in own)
        {
            services.Add(ServiceDescriptor.KeyedSingleton(
                service.ServiceType, Key, (provider, _) => service.ImplementationFactory!(new NodeView(provider, types))));
        }

        // For an app without a system of its own.
        services.TryAddSingleton(GetNodeSystem);
        services.AddNodeService(provider => ActivatorUtilities.CreateInstance<NodeLifetime>(new NodeView(provider, types)));
    }

    /// <summary>The host's container, in which Akka's types are the node's.</summary>
    private sealed class NodeView(IServiceProvider host, HashSet<Type> types) : IServiceProvider
    {
        public object? GetService(Type serviceType) =>
            serviceType == typeof(IServiceProvider) ? this
            : types.Contains(serviceType) ? host.GetRequiredKeyedService(serviceType, Key)
            : host.GetService(serviceType);
    }
}
