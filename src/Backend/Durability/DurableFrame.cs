using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// How one commit lies in the file. All of it is there or it does not count.
/// <code>
/// frame = length:uint32 hash-of-length:4 hash-of-payload:8 payload end-mark:byte
/// </code>
/// The length has a hash of its own, so that a damaged one is not taken for a frame that was cut off.
/// </summary>
internal static class DurableFrame
{
    public const int HeaderSize = 16;

    /// <summary>Not zero: where a power failure left zeros, the frame was not finished, and so not acknowledged.</summary>
    private const byte EndMark = 0xE5;

    /// <summary>The bytes a frame adds to its payload.</summary>
    public const int Overhead = HeaderSize + 1;

    public static byte[] Of(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[Overhead + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length);
        Hash(frame.AsSpan(0, 4), frame.AsSpan(4, 4));
        Hash(payload, frame.AsSpan(8, 8));
        payload.CopyTo(frame.AsSpan(HeaderSize));
        frame[^1] = EndMark;
        return frame;
    }

    /// <summary>The payload's length, or null where this is no header.</summary>
    public static uint? Length(ReadOnlySpan<byte> header)
    {
        Span<byte> hash = stackalloc byte[4];
        Hash(header[..4], hash);
        return hash.SequenceEqual(header[4..8]) ? BinaryPrimitives.ReadUInt32BigEndian(header) : null;
    }

    public static bool IsWhole(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, byte endMark)
    {
        Span<byte> hash = stackalloc byte[8];
        Hash(payload, hash);
        return endMark == EndMark && hash.SequenceEqual(header[8..HeaderSize]);
    }

    private static void Hash(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source, hash);
        hash[..destination.Length].CopyTo(destination);
    }
}
