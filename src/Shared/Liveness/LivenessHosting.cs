using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Clustering;

namespace Pomegranate.Liveness;

/// <summary>Adds proof of death to a node's actor system.</summary>
internal static class LivenessHosting
{
    /// <summary>Starts the listener and the actor, unless <see cref="NodeOptions.ProofOfDeath"/> is off.</summary>
    public static AkkaConfigurationBuilder WithProofOfDeath(this AkkaConfigurationBuilder builder, NodeOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        if (!options.ProofOfDeath)
        {
            return builder;
        }

        return builder.WithActors((system, registry) =>
            registry.Register<LivenessActor>(Start(system, options, time, loggers.CreateLogger("Pomegranate.Liveness"))));
    }

    private static IActorRef Start(ActorSystem system, NodeOptions options, TimeProvider time, ILogger log)
    {
        var self = Cluster.Get(system).SelfUniqueAddress;
        var listener = new LivenessListener(new IPEndPoint(Resolve(options.Hostname), options.LivenessPort), self.Uid, log);

        // Closed with the system, not with the actor: while the node takes part, its port must answer.
        system.RegisterOnTermination(listener.Dispose);
        LivenessLog.Listening(log, self.Address, listener.Port);
        return system.ActorOf(LivenessActor.Props(listener, time, log), LivenessActor.Name);
    }

    private static IPAddress Resolve(string hostname) =>
        IPAddress.TryParse(hostname, out var address) ? address : Dns.GetHostAddresses(hostname)[0];
}
