using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>Who a store on disk is, and whose copies count with it. It stays the same when the node gets another address.</summary>
internal sealed record DurableReplica(Guid Id, string Address)
{
    /// <summary>The address is for people only.</summary>
    public bool Equals(DurableReplica? other) => other is not null && Id == other.Id;

    public override int GetHashCode() => Id.GetHashCode();
}

/// <summary>What a backend with a disk says of itself.</summary>
/// <param name="Roster">The replicas that together hold every acknowledged change; empty where the disk was new.</param>
internal sealed record DurableIdentity(Guid Id, IReadOnlyList<DurableReplica> Roster)
{
    private const int GuidSize = 16;

    public void Write(WireWriter writer)
    {
        writer.Bytes(Id.ToByteArray());
        WriteRoster(writer, Roster);
    }

    public static DurableIdentity Read(ref WireReader reader) => new(ReadGuid(ref reader), ReadRoster(ref reader));

    public static void WriteRoster(WireWriter writer, IReadOnlyCollection<DurableReplica> roster)
    {
        writer.Count(roster.Count);
        foreach (var replica in roster)
        {
            writer.Bytes(replica.Id.ToByteArray());
            writer.String(replica.Address);
        }
    }

    public static DurableReplica[] ReadRoster(ref WireReader reader)
    {
        var roster = new DurableReplica[reader.Count(1 + GuidSize + 1)];
        for (var i = 0; i < roster.Length; i++)
        {
            roster[i] = new(ReadGuid(ref reader), reader.String());
        }

        return roster;
    }

    private static Guid ReadGuid(ref WireReader reader)
    {
        var bytes = reader.Bytes();
        return bytes.Length == GuidSize
            ? new Guid(bytes)
            : throw new WireFormatException($"A replica's id has {bytes.Length} bytes; it must have {GuidSize}.");
    }
}
