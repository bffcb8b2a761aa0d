using System.Net.Sockets;
using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>The greetings at the beginning of a lane, before anything is read ahead.</summary>
internal static class LaneHandshake
{
    /// <summary>The listener's answer is only its revision.</summary>
    private static readonly byte[] s_welcome = [LaneHello.Revision];

    /// <summary>Opener: greet, and wait until the greeting is answered.</summary>
    public static async Task GreetAsync(Socket socket, LaneHello hello, CancellationToken cancellation)
    {
        await SendAsync(socket, LaneFrame.Hello, hello.ToBytes(), cancellation);
        var welcome = await ReceiveAsync(socket, LaneFrame.Welcome, cancellation);
        if (!welcome.AsSpan().SequenceEqual(s_welcome))
        {
            throw new WireFormatException("The listener answers a lane's greeting in a way that this node does not know.");
        }
    }

    /// <summary>Listener: whose lane it is to be.</summary>
    public static async Task<LaneHello> ReadHelloAsync(Socket socket, CancellationToken cancellation) =>
        LaneHello.Parse(await ReceiveAsync(socket, LaneFrame.Hello, cancellation));

    public static Task WelcomeAsync(Socket socket, CancellationToken cancellation) => SendAsync(socket, LaneFrame.Welcome, s_welcome, cancellation);

    private static async Task SendAsync(Socket socket, byte kind, byte[] payload, CancellationToken cancellation)
    {
        var frame = new byte[LaneFrame.HeaderSize + payload.Length];
        LaneFrame.WriteHeader(frame, kind, payload.Length);
        payload.CopyTo(frame.AsSpan(LaneFrame.HeaderSize));
        for (ReadOnlyMemory<byte> rest = frame; !rest.IsEmpty;)
        {
            rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancellation)..];
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, byte expected, CancellationToken cancellation)
    {
        var (kind, length) = LaneFrame.ReadHeader(await ReceiveExactlyAsync(socket, LaneFrame.HeaderSize, cancellation), LaneHello.MaxSize);
        return kind == expected
            ? await ReceiveExactlyAsync(socket, length, cancellation)
            : throw new WireFormatException($"A lane began with a frame of kind {kind}, not with a greeting.");
    }

    private static async Task<byte[]> ReceiveExactlyAsync(Socket socket, int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        for (var got = 0; got < length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(got), SocketFlags.None, cancellation);
            got += count > 0 ? count : throw new WireFormatException("The connection ended within its greeting.");
        }

        return bytes;
    }
}
