using Pomegranate.Backend.State;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// What crosses a lane of <see cref="LaneChannel.Replicas"/>: writes from its opener, acknowledgements back. The same bytes
/// as <see cref="ReplicationSerializer"/>'s.
/// <code>
/// Store  = ticket:int64 view:int64 count:varint (id:16 entry)*
/// Stored = ticket:int64 view:int64
/// </code>
/// </summary>
internal static class ReplicaFrames
{
    public const byte Store = LaneFrame.FirstOfChannel;

    public const byte Stored = LaneFrame.FirstOfChannel + 1;

    public static void Write(WireWriter writer, Store store)
    {
        writer.Int64(store.Ticket);
        writer.Int64(store.View);
        writer.Count(store.Entries.Count);
        foreach (var (id, entry) in store.Entries)
        {
            writer.Id(id);
            SessionFormat.WriteEntry(writer, entry);
        }
    }

    public static void WriteStored(WireWriter writer, (long Ticket, long View) stored)
    {
        writer.Int64(stored.Ticket);
        writer.Int64(stored.View);
    }

    /// <exception cref="WireFormatException">The frame is no <see cref="ReplicationProtocol.Store"/>.</exception>
    public static Store ReadStore(byte kind, ReadOnlySpan<byte> payload)
    {
        Check(kind, Store);
        var reader = new WireReader(payload);
        var store = ReadStore(ref reader);
        reader.End();
        return store;
    }

    public static Store ReadStore(ref WireReader reader)
    {
        var ticket = reader.Int64();
        var view = reader.Int64();
        var entries = new KeyValuePair<SessionId, SessionEntry>[reader.Count(SessionFormat.SmallestSlot)];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new(reader.Id(), SessionFormat.ReadEntry(ref reader));
        }

        return new(ticket, entries, view);
    }

    /// <exception cref="WireFormatException">The frame is no <see cref="ReplicationProtocol.Stored"/>.</exception>
    public static (long Ticket, long View) ReadStored(byte kind, ReadOnlySpan<byte> payload)
    {
        Check(kind, Stored);
        var reader = new WireReader(payload);
        var stored = (reader.Int64(), reader.Int64());
        reader.End();
        return stored;
    }

    private static void Check(byte kind, byte expected)
    {
        if (kind != expected)
        {
            throw new WireFormatException($"A frame of kind {kind} came on a lane of replicas where only {expected} can.");
        }
    }
}
