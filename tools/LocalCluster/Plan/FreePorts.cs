using System.Net;
using System.Net.Sockets;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>
/// Hands out TCP ports nobody listens on, and holds them until all are chosen so that none is handed out twice.
/// </summary>
/// <remarks>
/// Not the ports that the system picks (port 0): those come from the range outgoing connections use, and a dead node's
/// port could be some connection's by the time the node is restarted.
/// </remarks>
internal sealed class FreePorts : IDisposable
{
    /// <summary>The one address every node listens on.</summary>
    public const string Host = "127.0.0.1";

    private const int First = 20_000;
    private const int Count = 10_000;
    private readonly List<TcpListener> _held = [];

    // At random, so that two clusters started at once seldom try the same ports.
    private int _next = Random.Shared.Next(Count);

    /// <summary>A free port, whichever.</summary>
    public int Any()
    {
        for (var tried = 0; tried < Count; tried++)
        {
            var port = First + (_next++ % Count);
            if (TryHold(port))
            {
                return port;
            }
        }

        throw new LocalClusterException($"No free TCP port between {First} and {First + Count - 1}.");
    }

    /// <summary>The port asked for if it is free, any other if it is not.</summary>
    public int Preferably(int port) => TryHold(port) ? port : Any();

    /// <summary>Lets go of the ports: the nodes take them now.</summary>
    public void Dispose() => _held.ForEach(listener => listener.Dispose());

    private bool TryHold(int port)
    {
        // On all addresses: a stranger on 0.0.0.0 would otherwise share the port with a node and take its visitors.
        var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            _held.Add(listener);
            return true;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return false;
        }
    }
}
