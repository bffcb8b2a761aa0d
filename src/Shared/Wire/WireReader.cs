using System.Buffers.Binary;
using System.Text;
using CommunityToolkit.HighPerformance.Buffers;
using Pomegranate.Sessions;

namespace Pomegranate.Wire;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Every length is checked against what is left before anything is
/// allocated, so hostile or truncated bytes cost no more memory than they carry.
/// </summary>
/// <exception cref="WireFormatException">Thrown by every method when the bytes do not fit the format.</exception>
internal ref struct WireReader(ReadOnlySpan<byte> input)
{
    private const int LongestName = 64;

    private ReadOnlySpan<byte> _rest = input;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new WireFormatException($"A boolean must be 0 or 1 but was {other}."),
    };

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public long Int64() => unchecked((long)UInt64());

    public ulong VarInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new WireFormatException("A varint is longer than 64 bits.");
    }

    /// <summary>A count of elements, each of which takes at least <paramref name="minimumSize"/> bytes.</summary>
    public int Count(int minimumSize = 1)
    {
        var count = VarInt();
        if (count > (ulong)(_rest.Length / minimumSize))
        {
            throw new WireFormatException($"A count of {count} needs more bytes than the {_rest.Length} that are left.");
        }

        return (int)count;
    }

    public SessionId Id() => SessionId.Read(Take(SessionId.Size));

    public byte[] Bytes() => Take(Count()).ToArray();

    public string String()
    {
        var bytes = Take(Count());
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>
    /// A string that many messages repeat, such as a header's name or an attribute's key: one object for all of them, as
    /// far as the pool has room. A million sessions hold each key once, not a million times.
    /// </summary>
    public string Name()
    {
        var bytes = Take(Count());
        return bytes.Length <= LongestName ? StringPool.Shared.GetOrAdd(bytes, Encoding.UTF8) : Encoding.UTF8.GetString(bytes);
    }

    public string? OptionalString() => Bool() ? String() : null;

    /// <summary>Fails unless everything was read: bytes left over mean that writer and reader disagree.</summary>
    public readonly void End()
    {
        if (_rest.Length != 0)
        {
            throw new WireFormatException($"{_rest.Length} bytes are left after the last field.");
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new WireFormatException($"The bytes end early: {length} needed, {_rest.Length} left.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
