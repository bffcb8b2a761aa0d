using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// Reads a log whole. Its last frame may be cut off by a death; it was not acknowledged and does not count. Anything
/// else that is not as it was written is damage, and no log at all is better than one that lost an acknowledged commit.
/// </summary>
internal static class DurableLogReader
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Reads all frames and returns where the last whole one ends; 0 where not even the log's head is whole.</summary>
    /// <exception cref="WireFormatException">Not a log, or damaged.</exception>
    public static long Read(string path, DurableContent content)
    {
        using var input = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), BufferBytes);
        var length = input.Length;
        return HasMagic(input, length) ? ReadFrames(input, length, content) : 0;
    }

    private static bool HasMagic(BufferedStream input, long length)
    {
        var magic = new byte[Math.Min(DurableLog.Magic.Length, length)];
        input.ReadExactly(magic);
        return magic.AsSpan().SequenceEqual(DurableLog.Magic[..magic.Length])
            ? magic.Length == DurableLog.Magic.Length
            : throw new WireFormatException("It is not a file of sessions of a revision that this build reads.");
    }

    private static long ReadFrames(BufferedStream input, long length, DurableContent content)
    {
        var header = new byte[DurableFrame.HeaderSize];
        long position = DurableLog.Magic.Length;
        while (position < length)
        {
            if (length - position < header.Length)
            {
                return position;
            }

            input.ReadExactly(header);
            if (DurableFrame.Length(header) is not { } size)
            {
                return IsZeroToTheEnd(header, input) ? position : throw Damage(position);
            }

            var end = position + DurableFrame.Overhead + size;
            if (end > length)
            {
                return position;
            }

            var payload = new byte[size];
            input.ReadExactly(payload);
            var endMark = (byte)input.ReadByte();
            if (!DurableFrame.IsWhole(header, payload, endMark))
            {
                // A power failure may leave the new length without the last of the data.
                return endMark == 0 && end == length ? position : throw Damage(position);
            }

            content.Read(payload);
            position = end;
        }

        return position;
    }

    private static bool IsZeroToTheEnd(byte[] header, BufferedStream input)
    {
        if (header.AsSpan().ContainsAnyExcept((byte)0))
        {
            return false;
        }

        int next;
        while ((next = input.ReadByte()) == 0)
        {
        }

        return next < 0;
    }

    private static WireFormatException Damage(long position) => new($"What is there from byte {position} on is not what was written.");
}
