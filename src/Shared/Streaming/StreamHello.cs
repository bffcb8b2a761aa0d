using System.Buffers;
using Pomegranate.Wire;

namespace Pomegranate.Streaming;

/// <summary>The first frame: whose stream it is.</summary>
/// <param name="Secret">The ticket's.</param>
/// <param name="Request">The request's number at its frontend.</param>
/// <param name="Node">The incarnation of the backend that opens it: when that node is removed, its streams are cut.</param>
internal sealed record StreamHello(Guid Secret, ulong Request, ulong Node)
{
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(32);
        var writer = new WireWriter(buffer);
        writer.Bytes(Secret.ToByteArray());
        writer.UInt64(Request);
        writer.UInt64(Node);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">The bytes are no greeting.</exception>
    public static StreamHello Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var secret = reader.Bytes();
        if (secret.Length != 16)
        {
            throw new WireFormatException($"A stream's secret has {secret.Length} bytes; it must have 16.");
        }

        var hello = new StreamHello(new Guid(secret), reader.UInt64(), reader.UInt64());
        reader.End();
        return hello;
    }
}
