using System.Globalization;
using Pomegranate.Wire;

namespace Pomegranate.Backend.State;

/// <summary>
/// When a change was made: the incarnation of the session's home (epoch), where two backends began one which of them (writer), and
/// its commit there (sequence). Never a wall clock: clocks of two nodes disagree.
/// </summary>
internal readonly record struct SessionVersion(uint Epoch, uint Sequence, ulong Writer) : IComparable<SessionVersion>
{
    public int CompareTo(SessionVersion other)
    {
        var order = Epoch.CompareTo(other.Epoch);
        order = order != 0 ? order : Writer.CompareTo(other.Writer);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }

    public static bool operator <(SessionVersion left, SessionVersion right) => left.CompareTo(right) < 0;

    public static bool operator <=(SessionVersion left, SessionVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >(SessionVersion left, SessionVersion right) => left.CompareTo(right) > 0;

    public static bool operator >=(SessionVersion left, SessionVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Whose it is: the same for all changes of one home.</summary>
    public SessionVersion Ballot => this with { Sequence = 0 };

    public static SessionVersion Max(SessionVersion left, SessionVersion right) => left >= right ? left : right;

    /// <summary>"epoch.sequence", as people see it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}.{Sequence}");

    internal void Write(WireWriter writer)
    {
        writer.VarInt(Epoch);
        writer.VarInt(Sequence);
        writer.UInt64(Writer);
    }

    internal static SessionVersion Read(ref WireReader reader) => new(ReadUInt32(ref reader), ReadUInt32(ref reader), reader.UInt64());

    private static uint ReadUInt32(ref WireReader reader)
    {
        var value = reader.VarInt();
        return value <= uint.MaxValue
            ? (uint)value
            : throw new WireFormatException($"A version part must fit 32 bits but was {value}.");
    }
}
