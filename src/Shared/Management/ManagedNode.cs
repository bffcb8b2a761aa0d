using Akka.Actor;
using Akka.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;

namespace Pomegranate.Management;

/// <summary>
/// The node behind the endpoint. Its actor system is taken from the container only after the host has begun to start
/// its services: whoever resolves it first starts it, and a probe that comes early must not.
/// </summary>
internal sealed class ManagedNode(IServiceProvider services)
{
    private volatile ActorSystem? _system;

    /// <summary>The container of the node, not that of the endpoint.</summary>
    public IServiceProvider Services { get; } = services;

    public string Name => Services.GetRequiredService<IOptions<NodeOptions>>().Value.NodeName;

    public void Start() => _system = Services.GetKeyedService<ActorSystem>(NodeSystem.Key);

    /// <summary>The running actor system, or null before its start and after its end.</summary>
    public ActorSystem? FindSystem() => _system is { WhenTerminated.IsCompleted: false } system ? system : null;

    /// <summary>The running actor system.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public ActorSystem System => FindSystem() ?? throw new RefusedException(
        StatusCodes.Status503ServiceUnavailable,
        _system is null
            ? $"The actor system of node '{Name}' has not started. Ask again in a moment; the node's log says what it waits for."
            : $"The actor system of node '{Name}' has ended, so the node is stopping. Ask another node.");

    /// <inheritdoc cref="System"/>
    public Cluster Cluster => Cluster.Get(System);
}
