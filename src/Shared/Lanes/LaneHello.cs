using System.Buffers;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>The first frame of a lane: what it is for, and who opens it.</summary>
/// <param name="Secret">The listener's, told by actor message: a stranger does not know it.</param>
/// <remarks>
/// <code>
/// revision:byte=1  channel:byte  secret:bytes (16)  address:string  incarnation:int64
/// </code>
/// </remarks>
internal sealed record LaneHello(LaneChannel Channel, Guid Secret, UniqueAddress Opener)
{
    public const byte Revision = 1;

    /// <summary>More than any greeting is long.</summary>
    public const int MaxSize = 512;

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new WireWriter(buffer);
        writer.Byte(Revision);
        writer.Byte((byte)Channel);
        writer.Bytes(Secret.ToByteArray());
        writer.String(Opener.Address.ToString());
        writer.Int64(Opener.Uid);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">The bytes are no greeting.</exception>
    public static LaneHello Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (reader.Byte() is var revision and not Revision)
        {
            throw new WireFormatException($"A lane's greeting is of revision {revision}, which this node does not know.");
        }

        var channel = (LaneChannel)reader.Byte();
        var secret = reader.Bytes();
        var text = reader.String();
        var incarnation = reader.Int64();
        reader.End();
        return secret.Length == 16 && ActorPath.TryParseAddress(text, out var address) && incarnation is >= int.MinValue and <= int.MaxValue
            ? new LaneHello(channel, new Guid(secret), new UniqueAddress(address, (int)incarnation))
            : throw new WireFormatException("A lane's greeting names no node, or has a secret of the wrong length.");
    }
}
