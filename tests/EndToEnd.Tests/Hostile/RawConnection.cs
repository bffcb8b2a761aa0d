using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>A client's connection of which every byte, and its end, is ours to choose.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[4096];

    private RawConnection(Socket socket) => _socket = socket;

    /// <param name="receiveBuffer">A client that never reads has a small one: the rest is then the server's to keep.</param>
    public static async Task<RawConnection> OpenAsync(int port, int receiveBuffer = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawConnection(socket);
    }

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Some bytes of what has come; nothing where the server has ended the connection.</summary>
    public async Task<string> ReceiveAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            return Encoding.Latin1.GetString(_buffer, 0, await _socket.ReceiveAsync(_buffer, limit.Token));
        }
        catch (SocketException)
        {
            return "";
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Not within {Patience.TotalSeconds} s: something from the server, be it the end.");
        }
    }

    /// <summary>Whether the other end has reset the connection. Reads nothing: what was sent stays where it is.</summary>
    public bool IsReset => _socket.Poll(0, SelectMode.SelectError);

    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset, as a process that is killed in mid-transfer.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
