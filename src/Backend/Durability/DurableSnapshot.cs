using System.Buffers;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Durability;

/// <summary>All that a store holds at one moment.</summary>
internal sealed record DurableSnapshot(
    Guid Id, IReadOnlyList<DurableReplica> Roster, IReadOnlyCollection<string> Keys, IReadOnlyDictionary<int, SessionBucket> Buckets)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes it as a whole log, in frames of about a piece, so that no more than that is in memory twice.</summary>
    public void WriteTo(Stream file)
    {
        file.Write(DurableLog.Magic);
        var output = new ArrayBufferWriter<byte>();
        DurableContent.WriteId(output, Id);
        DurableContent.WriteRoster(output, Roster);
        DurableContent.WriteKeys(output, Keys);
        foreach (var (number, bucket) in Buckets)
        {
            DurableContent.WriteChanges(output, number, SessionBucket.Empty, bucket);
            if (output.WrittenCount > PieceBytes)
            {
                file.Write(DurableFrame.Of(output.WrittenSpan));
                output.ResetWrittenCount();
            }
        }

        file.Write(DurableFrame.Of(output.WrittenSpan));
    }
}
