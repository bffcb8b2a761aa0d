using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

public sealed class LivenessListenerTests
{
    [Fact]
    public void Greeting_Golden()
    {
        // "PL", revision 1, incarnation.
        Assert.Equal("504C010102030405060708", Convert.ToHexString(LivenessGreeting.Write(0x0102030405060708)));
        Assert.False(LivenessGreeting.TryRead(Convert.FromHexString("504C020102030405060708"), out _));
    }

    [Fact]
    public async Task Accept_Greets()
    {
        using var listener = Start();
        using var client = await ConnectAsync(listener);

        Assert.Equal(LivenessGreeting.Write(7), await ReadToAsync(client, LivenessGreeting.Size));
    }

    [Fact]
    public async Task Accept_OverTheLimit_ClosesTheNewcomerWithoutGreeting_AndKeepsTheOthers()
    {
        using var listener = Start(limit: 1);
        using var first = await ConnectAsync(listener);
        await ReadToAsync(first, LivenessGreeting.Size);

        using (var second = await ConnectAsync(listener))
        {
            Assert.Empty(await ReadToAsync(second, 1));
        }

        Assert.False(first.Poll(0, SelectMode.SelectRead));
    }

    [Fact]
    public async Task Accept_ClientSpeaks_ClosedAndTheSlotIsFree()
    {
        using var listener = Start(limit: 1);
        using (var flooder = await ConnectAsync(listener))
        {
            await ReadToAsync(flooder, LivenessGreeting.Size);
            await flooder.SendAsync(new byte[64 * 1024]);
            Assert.Empty(await ReadToAsync(flooder, 1));
        }

        // The slot is free only once the listener has seen its own close: asking again is the event to wait for.
        while (true)
        {
            using var next = await ConnectAsync(listener);
            if ((await ReadToAsync(next, LivenessGreeting.Size)).Length == LivenessGreeting.Size)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task Dispose_ClosesConnectionsAndRefuses()
    {
        var listener = Start();
        using var client = await ConnectAsync(listener);
        await ReadToAsync(client, LivenessGreeting.Size);

        listener.Dispose();

        Assert.Empty(await ReadToAsync(client, 1));
        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static LivenessListener Start(int limit = LivenessListener.MaximumConnections) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), 7, NullLogger.Instance, limit);

    private static async Task<Socket> ConnectAsync(LivenessListener listener)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, listener.Port).Within("a connection to the listener");
        return socket;
    }

    /// <summary>The next bytes, fewer at the connection's end.</summary>
    private static async Task<byte[]> ReadToAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        var filled = 0;
        try
        {
            while (filled < count)
            {
                var read = await socket.ReceiveAsync(bytes.AsMemory(filled)).AsTask().Within("bytes from the listener");
                if (read == 0)
                {
                    break;
                }

                filled += read;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with our bytes unread: a reset is an end too.
        }

        return bytes[..filled];
    }
}
