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
        return new StreamConnection(await PeerDialer.Shared.ConnectAsync(ticket.Host, ticket.Port, ticket.Secret, deadline.Token));
    }
}
