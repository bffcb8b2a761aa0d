using System.Buffers;
using System.Buffers.Binary;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// The names and bytes of what is in a store. The first byte of a name says what it is; revision 1 must stay readable.
/// <code>
/// 'I'                  revision:byte(1) id:bytes   which store this is
/// 'R'                  a roster (DurableIdentity)
/// 'K'                  count:varint string*        data protection keys
/// 'H' bucket:uint16    horizon:int64
/// 'S' bucket:uint16 id entry (SessionFormat)
/// </code>
/// </summary>
internal static class DurableRecord
{
    public const byte Revision = 1;
    public const byte IdentityKind = (byte)'I';
    public const byte RosterKind = (byte)'R';
    public const byte KeysKind = (byte)'K';
    public const byte HorizonKind = (byte)'H';
    public const byte SessionKind = (byte)'S';

    public static byte[] Name(byte kind) => [kind];

    public static byte[] Name(byte kind, int bucket)
    {
        var name = new byte[3];
        name[0] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(name.AsSpan(1), (ushort)bucket);
        return name;
    }

    public static byte[] Name(int bucket, SessionId id)
    {
        var buffer = new ArrayBufferWriter<byte>(3 + SessionId.Size);
        buffer.Write(Name(SessionKind, bucket));
        new WireWriter(buffer).Id(id);
        return buffer.WrittenSpan.ToArray();
    }

    public static (int Bucket, SessionId Id) ReadName(ReadOnlySpan<byte> name)
    {
        var reader = new WireReader(name[3..]);
        var id = reader.Id();
        reader.End();
        return (ReadBucket(name), id);
    }

    public static int ReadBucket(ReadOnlySpan<byte> name)
    {
        var bucket = BinaryPrimitives.ReadUInt16BigEndian(name[1..]);
        return bucket < SessionBuckets.Count ? bucket : throw new WireFormatException($"Bucket {bucket} does not exist.");
    }
}
