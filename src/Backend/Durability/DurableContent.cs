using System.Buffers;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// What a store holds, and the records it is made of. Revision 1 of the file must stay readable.
/// <code>
/// record = 'I' id:bytes                     which store this is
///        | 'R' roster (DurableIdentity)
///        | 'K' count:varint string*         data protection keys
///        | 'H' bucket:varint horizon:int64
///        | 'S' bucket:varint id entry       a session as it now is (SessionFormat)
///        | 'X' bucket:varint id             a session that is forgotten
/// </code>
/// A later record takes the place of an earlier one.
/// </summary>
internal sealed class DurableContent
{
    private readonly Dictionary<int, Dictionary<SessionId, SessionEntry>> _sessions = [];
    private readonly Dictionary<int, long> _horizons = [];

    public Guid Id { get; private set; }

    public IReadOnlyList<DurableReplica> Roster { get; private set; } = [];

    public IReadOnlyCollection<string> Keys { get; private set; } = [];

    public Dictionary<int, SessionBucket> Buckets() => _sessions.Keys.Union(_horizons.Keys).ToDictionary(
        number => number,
        number => SessionBucket.Of(
            _horizons.GetValueOrDefault(number, long.MinValue),
            _sessions.TryGetValue(number, out var sessions) ? sessions : []));

    public void Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        while (reader.Remaining > 0)
        {
            var kind = (char)reader.Byte();
            switch (kind)
            {
                case 'I':
                    Id = new Guid(reader.Bytes());
                    break;
                case 'R':
                    Roster = DurableIdentity.ReadRoster(ref reader);
                    break;
                case 'K':
                    var keys = new string[reader.Count()];
                    for (var i = 0; i < keys.Length; i++)
                    {
                        keys[i] = reader.String();
                    }

                    Keys = keys;
                    break;
                case 'H':
                    _horizons[Bucket(ref reader)] = reader.Int64();
                    break;
                case 'S':
                    var number = Bucket(ref reader);
                    if (!_sessions.TryGetValue(number, out var sessions))
                    {
                        _sessions.Add(number, sessions = []);
                    }

                    sessions[reader.Id()] = SessionFormat.ReadEntry(ref reader);
                    break;
                case 'X':
                    _sessions.GetValueOrDefault(Bucket(ref reader))?.Remove(reader.Id());
                    break;
                default:
                    throw new WireFormatException($"A record of kind '{kind}' is not known to this build.");
            }
        }
    }

    public static void WriteId(IBufferWriter<byte> output, Guid id)
    {
        var writer = new WireWriter(output);
        writer.Byte((byte)'I');
        writer.Bytes(id.ToByteArray());
    }

    public static void WriteRoster(IBufferWriter<byte> output, IReadOnlyCollection<DurableReplica> roster)
    {
        var writer = new WireWriter(output);
        writer.Byte((byte)'R');
        DurableIdentity.WriteRoster(writer, roster);
    }

    public static void WriteKeys(IBufferWriter<byte> output, IReadOnlyCollection<string> keys)
    {
        var writer = new WireWriter(output);
        writer.Byte((byte)'K');
        writer.Count(keys.Count);
        foreach (var key in keys)
        {
            writer.String(key);
        }
    }

    /// <summary>What differs between two states of a bucket; what did not change is the same object in both.</summary>
    public static void WriteChanges(IBufferWriter<byte> output, int number, SessionBucket old, SessionBucket @new)
    {
        var writer = new WireWriter(output);
        if (@new.Horizon != old.Horizon)
        {
            writer.Byte((byte)'H');
            writer.Count(number);
            writer.Int64(@new.Horizon);
        }

        foreach (var (id, entry) in @new.Entries)
        {
            if (!ReferenceEquals(old.Find(id), entry))
            {
                writer.Byte((byte)'S');
                writer.Count(number);
                writer.Id(id);
                SessionFormat.WriteEntry(writer, entry);
            }
        }

        foreach (var (id, _) in old.Entries)
        {
            if (@new.Find(id) is null)
            {
                writer.Byte((byte)'X');
                writer.Count(number);
                writer.Id(id);
            }
        }
    }

    private static int Bucket(ref WireReader reader)
    {
        var number = reader.VarInt();
        return number < SessionBuckets.Count ? (int)number : throw new WireFormatException($"Bucket {number} does not exist.");
    }
}
