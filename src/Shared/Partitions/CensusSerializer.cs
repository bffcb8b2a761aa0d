using System.Buffers;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Serialization;
using Pomegranate.Wire;

namespace Pomegranate.Partitions;

/// <summary>The wire format of <see cref="Census"/>.</summary>
/// <remarks>
/// <code>
/// manifest  layout
/// C2        view:int64  backends:varint  members:count  ( address:string  uid:int64 )*
/// </code>
/// </remarks>
internal sealed class CensusSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string Manifest2 = "C2";

    public override int Identifier => 7104;

    public override string Manifest(object o) => Manifest2;

    public override byte[] ToBinary(object obj)
    {
        var census = (Census)obj;
        var buffer = new ArrayBufferWriter<byte>(64 * (census.Members.Count + 1));
        var writer = new WireWriter(buffer);
        writer.Int64(census.View);
        writer.VarInt((ulong)census.Backends);
        writer.Count(census.Members.Count);
        foreach (var member in census.Members)
        {
            writer.String(member.Address.ToString());
            writer.Int64(member.Uid);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (manifest != Manifest2)
        {
            throw new SerializationException($"'{manifest}' is not the manifest of a census.");
        }

        var reader = new WireReader(bytes);
        var view = reader.Int64();
        var backends = reader.VarInt();
        var members = new UniqueAddress[reader.Count(9)];
        for (var i = 0; i < members.Length; i++)
        {
            var address = reader.String();
            members[i] = Address.TryParse(address, out var parsed)
                ? new UniqueAddress(parsed, Uid(reader.Int64()))
                : throw new WireFormatException($"'{address}' is not the address of a member.");
        }

        reader.End();
        return backends <= (ulong)members.Length && members.Length > 0
            ? new Census(members, (int)backends, view)
            : throw new WireFormatException($"A census of {members.Length} members counts {backends} backends.");
    }

    private static int Uid(long value) => unchecked((int)value);
}
