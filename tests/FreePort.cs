using System.Net;
using System.Net.Sockets;

namespace Pomegranate.Testing;

/// <summary>A TCP port that nobody listened on a moment ago, for what must be at the same port when it starts again.</summary>
/// <remarks>
/// Not one that the system picks (port 0): those come from the range of outgoing connections, and a dead process's port can
/// be some connection's by the time that its successor binds it.
/// </remarks>
internal static class FreePort
{
    /// <summary>Below <c>net.ipv4.ip_local_port_range</c>, and below what LocalCluster hands out.</summary>
    private const int First = 10_000, End = 20_000;

    private const int Attempts = 100;

    public static int Next()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, End));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }

        throw new InvalidOperationException($"{Attempts} ports between {First} and {End} tried, all taken.");
    }
}
