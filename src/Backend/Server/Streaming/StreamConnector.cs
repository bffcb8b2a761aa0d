using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Server;

/// <summary>Opens connections to frontends' stream listeners, with Kestrel's socket transport. Thread-safe.</summary>
internal sealed class StreamConnector(ILoggerFactory loggers) : IDisposable
{
    /// <summary>A frontend that died a moment ago may not refuse but swallow the attempt.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SocketConnectionContextFactory _factory = new(
        new SocketConnectionFactoryOptions { MaxReadBufferSize = 4 * StreamFrame.MaxData, MaxWriteBufferSize = 4 * StreamFrame.MaxData },
        loggers.CreateLogger("Pomegranate.Streams"));

    public async Task<ConnectionContext> ConnectAsync(StreamTicket ticket)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(ticket.Host, ticket.Port, deadline.Token);
            return _factory.Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _factory.Dispose();
}
