using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Pomegranate.Clustering;

namespace Pomegranate.Lanes;

/// <summary>Makes a node one that takes lanes.</summary>
internal static class LaneHosting
{
    /// <summary>It does so until its system ends.</summary>
    public static LaneListener OpenLanes(this ActorSystem system, NodeOptions options, ILogger log)
    {
        var address = IPAddress.TryParse(options.Hostname, out var parsed) ? parsed : Dns.GetHostAddresses(options.Hostname)[0];
        var listener = new LaneListener(new IPEndPoint(address, options.LanePort), Cluster.Get(system).SelfUniqueAddress, log);
        system.RegisterOnTermination(listener.Dispose);
        system.ActorOf(LaneDesk.Props(listener.Ticket), LaneDesk.Name);
        LaneLog.Listening(log, listener.Ticket.Port);
        return listener;
    }
}
