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
    /// <param name="View">The sender's view.</param>
    public sealed record Store(long Ticket, IReadOnlyList<KeyValuePair<SessionId, SessionEntry>> Entries, long View = 0) : IReplicaMessage;

    /// <summary>The entries of <see cref="Store"/> are merged into the sender's replica.</summary>
    /// <param name="View">The sender's view when it held them: the word counts in that one alone.</param>
    public sealed record Stored(long Ticket, long View = 0) : IReplicaMessage;

    /// <summary>Say what you hold of this session, if you are in this view.</summary>
    public sealed record Fetch(long Ticket, SessionId Id, long View = 0) : IReplicaMessage;

    /// <summary>The answer to <see cref="Fetch"/>; null where the replica holds nothing of the session.</summary>
    /// <param name="View">The view it was asked and answered in.</param>
    public sealed record Fetched(long Ticket, SessionEntry? Entry, long View = 0) : IReplicaMessage;

    /// <summary>
    /// Sent to every backend when it is seen, and again when the sender is in a view. The receiver
    /// sends the sender all its writes from now on, and answers with its own state unless <paramref name="IsReply"/>.
    /// </summary>
    /// <param name="IsIn">Whether the sender is in a view, so that sessions are served already.</param>
    /// <param name="Durable">What the sender's disk says of it; null where it has none.</param>
    public sealed record Hello(bool IsIn, bool IsReply, DurableIdentity? Durable = null) : IReplicaMessage;

    /// <summary>
    /// What o'clock it is at the sender: said after its answer to a <see cref="Hello"/>, for one that has just joined. A
    /// node of an earlier build does not say it, and does not know it.
    /// </summary>
    /// <param name="Now">Of <see cref="Sessions.SessionClock"/>, Unix milliseconds.</param>
    public sealed record Clock(long Now) : IReplicaMessage;

    /// <summary>Say what your buckets' digests are, if you are in this view or a later one.</summary>
    public sealed record ReadDigests(long Ticket, long View = 0) : IReplicaMessage;

    /// <summary>The digests of the buckets that are not empty, by bucket number.</summary>
    public sealed record Digests(long Ticket, IReadOnlyList<KeyValuePair<int, ulong>> Buckets) : IReplicaMessage;

    /// <summary>Send this bucket, beginning after the session <paramref name="After"/>.</summary>
    public sealed record ReadPage(long Ticket, int Bucket, SessionId? After) : IReplicaMessage;

    /// <summary>A part of a bucket, bounded in bytes; <paramref name="IsLast"/> when nothing follows.</summary>
    public sealed record Page(long Ticket, int Bucket, SessionBucket Part, bool IsLast) : IReplicaMessage;
}
