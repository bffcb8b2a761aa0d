using Pomegranate.Sessions;
using Pomegranate.Wire;

namespace Pomegranate.Backend.State;

/// <summary>
/// The bytes of entries and buckets, between nodes and, later, on disk.
/// <code>
/// entry     = version cleared last-access:int64 removed:bool [removed-at:int64] count:varint attribute*
/// attribute = key:string version present:bool [value:bytes]
/// version   = epoch:varint sequence:varint writer:uint64
/// bucket    = revision:byte(1) horizon:int64 count:varint (id:16 entry)*
/// </code>
/// A reader refuses a revision it does not know; revision 1 must stay readable for ever.
/// </summary>
internal static class SessionFormat
{
    private const byte Revision = 1;

    private const int SmallestVersion = 10;

    private const int SmallestAttribute = 1 + SmallestVersion + 1;

    private const int SmallestEntry = SmallestVersion + SmallestVersion + 8 + 1 + 1;

    /// <summary>The least bytes an id and its entry take: what a count of them is checked against.</summary>
    public const int SmallestSlot = SessionId.Size + SmallestEntry;

    public static void WriteBucket(WireWriter writer, SessionBucket bucket)
    {
        writer.Byte(Revision);
        writer.Int64(bucket.Horizon);
        writer.Count(bucket.Entries.Length);
        foreach (var (id, entry) in bucket.Entries)
        {
            writer.Id(id);
            WriteEntry(writer, entry);
        }
    }

    public static SessionBucket ReadBucket(ref WireReader reader)
    {
        var revision = reader.Byte();
        if (revision != Revision)
        {
            throw new WireFormatException($"Bucket revision {revision} is not known; this build reads revision {Revision}.");
        }

        var horizon = reader.Int64();
        var entries = new KeyValuePair<SessionId, SessionEntry>[reader.Count(SmallestSlot)];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new(reader.Id(), ReadEntry(ref reader));
        }

        return SessionBucket.Of(horizon, entries.DistinctBy(e => e.Key));
    }

    public static void WriteEntry(WireWriter writer, SessionEntry entry)
    {
        entry.Version.Write(writer);
        entry.Cleared.Write(writer);
        writer.Int64(entry.LastAccess);
        writer.Bool(entry.IsRemoved);
        if (entry.RemovedAt is { } removedAt)
        {
            writer.Int64(removedAt);
        }

        writer.Count(entry.Attributes.Length);
        foreach (var attribute in entry.Attributes)
        {
            writer.String(attribute.Key);
            attribute.Version.Write(writer);
            writer.Bool(!attribute.IsRemoved);
            if (attribute.Value is { } value)
            {
                writer.Bytes(value);
            }
        }
    }

    public static SessionEntry ReadEntry(ref WireReader reader)
    {
        var version = SessionVersion.Read(ref reader);
        var cleared = SessionVersion.Read(ref reader);
        var lastAccess = reader.Int64();
        long? removedAt = reader.Bool() ? reader.Int64() : null;
        var attributes = new SessionAttribute[reader.Count(SmallestAttribute)];
        for (var i = 0; i < attributes.Length; i++)
        {
            var key = reader.Name();
            var changed = SessionVersion.Read(ref reader);
            attributes[i] = new(key, changed, reader.Bool() ? reader.Bytes() : null);
        }

        var distinct = SessionEntry.AreInOrder(attributes) ? attributes : attributes.DistinctBy(a => a.Key);
        return removedAt is { } at
            ? SessionEntry.Removed(version, at, distinct)
            : SessionEntry.Live(version, cleared, lastAccess, distinct);
    }
}
