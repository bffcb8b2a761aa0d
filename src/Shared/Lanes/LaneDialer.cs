using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Pomegranate.Liveness;
using Pomegranate.Streaming;

namespace Pomegranate.Lanes;

/// <summary>Opens lanes to other nodes. Thread-safe.</summary>
internal sealed class LaneDialer(ActorSystem system, ILogger log)
{
    /// <summary>For each of the steps.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks the node where it takes lanes, and opens one; <see cref="Lane.Start"/> is the caller's.</summary>
    /// <returns>The lane, or null where the node takes none: it is of an earlier build.</returns>
    /// <exception cref="Exception">The node cannot be reached, or not yet: try again later.</exception>
    public async Task<Lane?> OpenAsync(Address node, LaneChannel channel, CancellationToken cancellation = default)
    {
        var desk = await system.ActorSelection(new RootActorPath(node) / "user" / LaneDesk.Name)
            .Ask<ActorIdentity>(new Identify(null), Patience, cancellation);
        if (desk.Subject is null)
        {
            return null;
        }

        var ticket = await desk.Subject.Ask<LaneTicket>(LaneProtocol.WantTicket.Instance, Patience, cancellation);
        return await OpenAsync(new UniqueAddress(node, (int)ticket.Incarnation), ticket, channel, cancellation);
    }

    private async Task<Lane> OpenAsync(UniqueAddress node, LaneTicket ticket, LaneChannel channel, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        var socket = await PeerDialer.Shared.ConnectAsync(node.Address.Host, ticket.Port, ticket.Secret, patience.Token);
        try
        {
            PeerWatch.EnableKeepAlive(socket);
            await LaneHandshake.GreetAsync(socket, new LaneHello(channel, ticket.Secret, Cluster.Get(system).SelfUniqueAddress), patience.Token);
            return new Lane(socket, node, log);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
