using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>A backend's actor system as the product configures it, on loopback and on a port the system chooses.</summary>
internal sealed class BackendSystem : IDisposable
{
    private BackendSystem(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public Cluster Cluster => Cluster.Get(System);

    public UniqueAddress Address => Cluster.SelfUniqueAddress;

    /// <param name="overrides">HOCON that goes before all the rest.</param>
    public static BackendSystem Start(string overrides = "") => new(ActorSystem.Create("pomegranate", ConfigurationFactory.ParseString($$"""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = "{{IPAddress.Loopback}}", port = 0 }
        akka.cluster.roles = [{{NodeRole.Backend}}]
        akka { loglevel = ERROR, stdout-loglevel = OFF, loggers = [] }
        {{overrides}}
        """)
        .WithFallback(PomegranateNode.EmbeddedConfig(typeof(SessionReplica).Assembly, "backend.conf"))
        .WithFallback(PomegranateNode.EmbeddedConfig(typeof(PomegranateNode).Assembly, "pomegranate.conf"))
        .WithFallback(Akka.DistributedData.DistributedData.DefaultConfig())));

    /// <summary>Joins the cluster of <paramref name="seed"/>, or makes one of its own, and is Up here afterwards.</summary>
    public async Task JoinAsync(BackendSystem? seed = null)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.RegisterOnMemberUp(() => up.TrySetResult());
        Cluster.Join((seed ?? this).Address.Address);
        await up.Task.For($"{Address} to be Up");
    }

    public void Dispose() => ((ExtendedActorSystem)System).Abort();
}
