using System.Buffers;
using System.Net;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Pomegranate.Wire;

namespace Pomegranate.Liveness;

/// <summary>The wire format of <see cref="LivenessProtocol"/>.</summary>
/// <remarks>
/// <code>
/// manifest  layout
/// W         revision:byte=1                                      WherePort
/// P         revision:byte=1  port:varint  incarnation:int64      PortIs
/// </code>
/// </remarks>
internal sealed class LivenessSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const byte Revision = 1;
    private const string WherePortManifest = "W";
    private const string PortIsManifest = "P";

    public override int Identifier => 7102;

    public override string Manifest(object o) => o switch
    {
        LivenessProtocol.WherePort => WherePortManifest,
        LivenessProtocol.PortIs => PortIsManifest,
        _ => throw new SerializationException($"{o.GetType()} is not a liveness message."),
    };

    public override byte[] ToBinary(object obj)
    {
        var buffer = new ArrayBufferWriter<byte>(16);
        var writer = new WireWriter(buffer);
        writer.Byte(Revision);
        if (obj is LivenessProtocol.PortIs portIs)
        {
            writer.VarInt((ulong)portIs.Port);
            writer.Int64(portIs.Incarnation);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        var revision = reader.Byte();
        if (revision != Revision)
        {
            throw new WireFormatException($"A liveness message is of revision {revision}, which this node does not know.");
        }

        LivenessProtocol.IMessage message = manifest switch
        {
            WherePortManifest => LivenessProtocol.WherePort.Instance,
            PortIsManifest => new LivenessProtocol.PortIs(Port(reader.VarInt()), reader.Int64()),
            _ => throw new WireFormatException($"'{manifest}' is not the manifest of a liveness message."),
        };
        reader.End();
        return message;
    }

    private static int Port(ulong value) => value is > 0 and <= IPEndPoint.MaxPort
        ? (int)value
        : throw new WireFormatException($"A liveness port of {value} is not between 1 and {IPEndPoint.MaxPort}.");
}
