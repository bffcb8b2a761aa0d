using System.Buffers.Binary;
using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>
/// What crosses a lane: a kind (one byte), the length of what follows (four bytes, big-endian), and that.
/// </summary>
/// <remarks>
/// <code>
/// opener                                              listener
///  | Hello (revision, channel, secret, who) ------------> |   once
///  | &lt;--------------------------------- Welcome (revision) |   once; a stranger is closed without a word
///  | frames of the channel, both ways &lt;-----------------> |
/// </code>
/// </remarks>
internal static class LaneFrame
{
    public const byte Hello = 1;
    public const byte Welcome = 2;

    /// <summary>The kinds below are the lane's own; a channel gives its own kinds from here.</summary>
    public const byte FirstOfChannel = 16;

    public const int HeaderSize = 5;

    /// <summary>The same limit that remoting has: what fits the one fits the other.</summary>
    public const int MaxPayload = 8_000_000;

    public static void WriteHeader(Span<byte> header, byte kind, int length)
    {
        header[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <exception cref="WireFormatException">The length is none that a frame can have.</exception>
    public static (byte Kind, int Length) ReadHeader(ReadOnlySpan<byte> header, int most = MaxPayload)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        return length >= 0 && length <= most
            ? (header[0], length)
            : throw new WireFormatException($"A lane's frame of kind {header[0]} claims {length} bytes; {most} are the most.");
    }
}
