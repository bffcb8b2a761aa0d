using Pomegranate.Backend.Durability;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Replication;

/// <summary>What the backends' replicas say to each other. All of it may be lost, repeated or reordered.</summary>
internal static class ReplicationProtocol
{
    /// <summary>A message between replicas of different nodes.</summary>
    public interface IReplicaMessage;

    /// <summary>Merge these entries (states or deltas) and say <see cref="Stored"/>.</summary>
    public sealed record Store(long Ticket, IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> Entries) : IReplicaMessage;

    /// <summary>The entries of <see cref="Store"/> are merged into the sender's replica.</summary>
    public sealed record Stored(long Ticket) : IReplicaMessage;

    /// <summary>Say what you hold of this session.</summary>
    public sealed record Fetch(long Ticket, SessionId Id) : IReplicaMessage;

    /// <summary>The answer to <see cref="Fetch"/>; null where the replica holds nothing of the session.</summary>
    public sealed record Fetched(long Ticket, SessionEntry? Entry) : IReplicaMessage;

    /// <summary>
    /// Sent to every backend when it is seen, and again when the sender's replica becomes complete. The receiver
    /// sends the sender all its writes from now on, and answers with its own state unless <paramref name="IsReply"/>.
    /// </summary>
    /// <param name="Durable">What the sender's disk says of it; null where it has none.</param>
    public sealed record Hello(bool IsComplete, bool IsReply, DurableIdentity? Durable = null) : IReplicaMessage;

    /// <summary>
    /// What o'clock it is at the sender: said after its answer to a <see cref="Hello"/>, for one that has just joined. A
    /// node of an earlier build does not say it, and does not know it.
    /// </summary>
    /// <param name="Now">Of <see cref="Sessions.SessionClock"/>, Unix milliseconds.</param>
    public sealed record Clock(long Now) : IReplicaMessage;

    /// <summary>Say what your buckets' digests are.</summary>
    public sealed record ReadDigests(long Ticket) : IReplicaMessage;

    /// <summary>The digests of the buckets that are not empty, by bucket number.</summary>
    public sealed record Digests(long Ticket, IReadOnlyList<KeyValuePair<int, ulong>> Buckets) : IReplicaMessage;

    /// <summary>Send this bucket, beginning after the session <paramref name="After"/>.</summary>
    public sealed record ReadPage(long Ticket, int Bucket, SessionId? After) : IReplicaMessage;

    /// <summary>A part of a bucket, bounded in bytes; <paramref name="IsLast"/> when nothing follows.</summary>
    public sealed record Page(long Ticket, int Bucket, SessionBucket Part, bool IsLast) : IReplicaMessage;
}
