using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Pomegranate.Sessions;

namespace Pomegranate.Wire;

/// <summary>
/// Writes the primitives of every Pomegranate format. Fixed-width numbers are big-endian; lengths and counts are
/// LEB128 varints; strings are UTF-8 with a length before them.
/// </summary>
internal readonly ref struct WireWriter(IBufferWriter<byte> output)
{
    private readonly IBufferWriter<byte> _output = output;

    public void Byte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_output.GetSpan(8), value);
        _output.Advance(8);
    }

    public void Int64(long value) => UInt64(unchecked((ulong)value));

    public void VarInt(ulong value)
    {
        var span = _output.GetSpan(10);
        var i = 0;
        while (value >= 0x80)
        {
            span[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[i++] = (byte)value;
        _output.Advance(i);
    }

    public void Count(int value) => VarInt((ulong)value);

    public void Id(SessionId id)
    {
        id.Write(_output.GetSpan(SessionId.Size));
        _output.Advance(SessionId.Size);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        _output.Write(value);
    }

    public void String(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Count(length);
        Encoding.UTF8.GetBytes(value, _output.GetSpan(length));
        _output.Advance(length);
    }

    /// <summary>A string that may be absent: one byte says whether it follows.</summary>
    public void OptionalString(string? value)
    {
        Bool(value is not null);
        if (value is not null)
        {
            String(value);
        }
    }
}
