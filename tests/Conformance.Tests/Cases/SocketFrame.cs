using System.Buffers.Binary;
using System.Text;

namespace Pomegranate.Conformance.Cases;

/// <summary>A client's WebSocket frames (RFC 6455 section 5.2), well-formed and otherwise.</summary>
internal static class SocketFrame
{
    private const byte Fin = 0x80;

    public static byte[] Text(string text, bool fin = true) => Of(1, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Binary(byte[] bytes, bool fin = true) => Of(2, bytes, fin);

    public static byte[] Continuation(string text, bool fin = true) => Of(0, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Ping(byte[] payload) => Of(9, payload);

    public static byte[] Pong(byte[] payload) => Of(10, payload);

    public static byte[] Close(int code, string reason = "") => Of(8, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);

    /// <param name="opcode">Its four bits, and above them the reserved ones where they are wanted.</param>
    public static byte[] Of(int opcode, byte[] payload, bool fin = true, bool masked = true)
    {
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)payload.Length],
            <= ushort.MaxValue => [126, .. Big16(payload.Length)],
            _ => [127, .. Big64(payload.Length)],
        };
        var frame = new byte[1 + length.Length + (masked ? 4 : 0) + payload.Length];
        frame[0] = (byte)(opcode | (fin ? Fin : 0));
        length.CopyTo(frame, 1);
        frame[1] |= (byte)(masked ? 0x80 : 0);
        payload.CopyTo(frame, frame.Length - payload.Length);
        if (masked)
        {
            var mask = frame.AsSpan(1 + length.Length, 4);
            byte[] key = [0x37, 0xFA, 0x21, 0x3D];
            key.CopyTo(mask);
            for (var i = 0; i < payload.Length; i++)
            {
                frame[frame.Length - payload.Length + i] ^= key[i % 4];
            }
        }

        return frame;
    }

    private static byte[] Big16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] Big64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
