using System.Buffers;
using System.Net;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>The wire format of <see cref="LaneProtocol"/>.</summary>
/// <remarks>
/// <code>
/// manifest  layout
/// w1                                                        WantTicket
/// t1        port:varint  incarnation:int64  secret:bytes (16)   LaneTicket
/// </code>
/// </remarks>
internal sealed class LaneSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string WantManifest = "w1";
    private const string TicketManifest = "t1";

    public override int Identifier => 7106;

    public override string Manifest(object o) => o switch
    {
        LaneProtocol.WantTicket => WantManifest,
        LaneTicket => TicketManifest,
        _ => throw new SerializationException($"{o.GetType()} is not a lane message."),
    };

    public override byte[] ToBinary(object obj)
    {
        if (obj is not LaneTicket ticket)
        {
            return [];
        }

        var buffer = new ArrayBufferWriter<byte>(32);
        var writer = new WireWriter(buffer);
        writer.VarInt((ulong)ticket.Port);
        writer.Int64(ticket.Incarnation);
        writer.Bytes(ticket.Secret.ToByteArray());
        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        LaneProtocol.IMessage message = manifest switch
        {
            WantManifest => LaneProtocol.WantTicket.Instance,
            TicketManifest => ReadTicket(ref reader),
            _ => throw new WireFormatException($"'{manifest}' is not the manifest of a lane message."),
        };
        reader.End();
        return message;
    }

    private static LaneTicket ReadTicket(ref WireReader reader)
    {
        var port = reader.VarInt();
        var incarnation = reader.Int64();
        var secret = reader.Bytes();
        return port is > 0 and <= IPEndPoint.MaxPort && secret.Length == 16
            ? new LaneTicket((int)port, incarnation, new Guid(secret))
            : throw new WireFormatException($"A lane ticket of port {port} and {secret.Length} secret bytes is none.");
    }
}
