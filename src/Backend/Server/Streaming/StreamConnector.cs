using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Server;

/// <summary>Opens connections to frontends' stream listeners.</summary>
internal static class StreamConnector
{
    /// <summary>A frontend that died a moment ago may not refuse but swallow the attempt.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<ConnectionContext> ConnectAsync(StreamTicket ticket)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(ticket.Host, ticket.Port, deadline.Token);
            return new StreamConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
