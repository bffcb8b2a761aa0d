using System.Buffers.Binary;

namespace Pomegranate.Liveness;

/// <summary>
/// The only bytes that ever cross a liveness connection: the listener's, upon accepting. Then both sides are silent.
/// </summary>
/// <remarks>
/// <code>
/// magic:byte=0x50 'P'  magic:byte=0x4C 'L'  revision:byte=1  incarnation:int64 big-endian
/// </code>
/// </remarks>
internal static class LivenessGreeting
{
    public const int Size = 11;

    private static ReadOnlySpan<byte> Prefix => [0x50, 0x4C, 1];

    public static byte[] Write(long incarnation)
    {
        var bytes = new byte[Size];
        Prefix.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(Prefix.Length), incarnation);
        return bytes;
    }

    /// <summary>False for anything but a greeting of a known revision: whoever sent it is no evidence either way.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out long incarnation)
    {
        incarnation = 0;
        if (bytes.Length != Size || !bytes.StartsWith(Prefix))
        {
            return false;
        }

        incarnation = BinaryPrimitives.ReadInt64BigEndian(bytes[Prefix.Length..]);
        return true;
    }
}
