using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Pomegranate.Backend.State;

/// <summary>
/// One session's replicated state, or a delta of it: a join-semilattice, so replicas may receive any entries in any
/// order, any number of times, and agree. Attributes merge one by one; a removed session stays removed.
/// </summary>
/// <remarks>
/// A delta is an entry that holds only what a commit changed: merging deltas gives the same as merging states.
/// Immutable.
/// </remarks>
internal sealed class SessionEntry
{
    private SessionEntry(
        SessionVersion version, SessionVersion cleared, long lastAccess, long? removedAt, ImmutableArray<SessionAttribute> attributes)
    {
        Version = version;
        Cleared = cleared;
        LastAccess = lastAccess;
        RemovedAt = removedAt;
        Attributes = attributes;
    }

    /// <summary>The latest commit this entry knows of.</summary>
    public SessionVersion Version { get; }

    /// <summary>Attributes of this version and before were swept away by a <c>Clear</c>.</summary>
    public SessionVersion Cleared { get; }

    /// <summary>When a request last used the session, Unix milliseconds; replicated lazily.</summary>
    public long LastAccess { get; }

    /// <summary>When the session was abandoned, renewed or expired, Unix milliseconds; null while it lives.</summary>
    public long? RemovedAt { get; }

    /// <summary>Sorted by key, ordinal; removed attributes stay as marks until a clear sweeps them away.</summary>
    public ImmutableArray<SessionAttribute> Attributes { get; }

    public bool IsRemoved => RemovedAt is not null;

    /// <summary>The moment after which this entry can be forgotten, once the whole cluster has passed it.</summary>
    public long Stamp => RemovedAt ?? LastAccess;

    /// <param name="attributes">In any order, keys distinct.</param>
    public static SessionEntry Live(
        SessionVersion version, SessionVersion cleared, long lastAccess, IEnumerable<SessionAttribute> attributes) =>
        new(version, cleared, lastAccess, null, Sorted(attributes));

    /// <summary>What is left of a session that has ended. Its stamp is never before its last access.</summary>
    /// <param name="last">Nothing, or the outcome of the exactly-once request that ended it; in any order.</param>
    public static SessionEntry Removed(SessionVersion version, long removedAt, params IEnumerable<SessionAttribute> last) =>
        new(version, default, 0, removedAt, Sorted(last));

    /// <summary>Whether the keys are in order and distinct: as they are on the wire, and in nearly all commits.</summary>
    public static bool AreInOrder(ReadOnlySpan<SessionAttribute> attributes)
    {
        for (var i = 1; i < attributes.Length; i++)
        {
            if (string.CompareOrdinal(attributes[i - 1].Key, attributes[i].Key) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The attribute's value, or null where it is absent or removed.</summary>
    public byte[]? Find(string key)
    {
        var index = IndexOf(key);
        return index >= 0 ? Attributes[index].Value : null;
    }

    /// <summary>
    /// Whether both hold the same changes. Equal versions do not say so: a replica that missed one delta and got the
    /// next has the latest version, but not its state. The last access, replicated lazily, is left out.
    /// </summary>
    public bool HasSameChangesAs(SessionEntry other) =>
        Version == other.Version
        && Cleared == other.Cleared
        && RemovedAt == other.RemovedAt
        && Attributes.Select(a => (a.Key, a.Version)).SequenceEqual(other.Attributes.Select(a => (a.Key, a.Version)));

    /// <summary>
    /// The same in the next epoch: what a new home makes a quorum hold before it does anything (<see cref="Admits"/>).
    /// </summary>
    /// <param name="writer">The home's.</param>
    public SessionEntry ClaimedBy(ulong writer) => Merge(Live(new(Version.Epoch + 1, 0, writer), default, LastAccess, []));

    /// <summary>Whether this is what a new home has claimed the session with, and not yet changed.</summary>
    public bool IsClaim => Version.Sequence == 0;

    /// <summary>
    /// Whether a replica that holds this may acknowledge a home's write: the home that it knows as the last one goes on; or a later
    /// one takes over, and has seen all that is here. So a home that others have taken for dead, or for gone, commits nothing more:
    /// each of its quorums has a member that has acknowledged its successor.
    /// </summary>
    /// <remarks>
    /// As a ballot in Paxos: Lamport, "The Part-Time Parliament" (1998). A claim must include what is here even where this knows of
    /// it already: gossip may have brought its version, and not what was acknowledged here before.
    /// </remarks>
    public bool Admits(SessionEntry write)
    {
        var order = write.Version.Ballot.CompareTo(Version.Ballot);
        if (!write.IsClaim && write.Version.Epoch == Version.Epoch)
        {
            return order == 0;
        }

        return order >= 0 && Merge(write).HasSameChangesAs(write);
    }

    public SessionEntry Merge(SessionEntry other)
    {
        if (ReferenceEquals(this, other))
        {
            return this;
        }

        if (IsRemoved || other.IsRemoved)
        {
            return LatestRemoval(other);
        }

        var version = SessionVersion.Max(Version, other.Version);
        var cleared = SessionVersion.Max(Cleared, other.Cleared);
        return new(version, cleared, Math.Max(LastAccess, other.LastAccess), null, MergeAttributes(other, cleared));
    }

    /// <summary>
    /// A removal takes nothing over from what it meets, not even a later version: another replica may have forgotten
    /// that before, and both must come to the same.
    /// </summary>
    private SessionEntry LatestRemoval(SessionEntry other)
    {
        var order = Nullable.Compare(RemovedAt, other.RemovedAt);
        order = order != 0 ? order : Version.CompareTo(other.Version);

        // A build before outcomes drops what it does not know of a removal: the copy that has more is the whole one.
        order = order != 0 ? order : Attributes.Length.CompareTo(other.Attributes.Length);
        return order >= 0 ? this : other;
    }

    private static ImmutableArray<SessionAttribute> Sorted(IEnumerable<SessionAttribute> attributes)
    {
        var sorted = attributes.ToArray();
        if (!AreInOrder(sorted))
        {
            Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(sorted);
    }

    private ImmutableArray<SessionAttribute> MergeAttributes(SessionEntry other, SessionVersion cleared)
    {
        var merged = ImmutableArray.CreateBuilder<SessionAttribute>(Attributes.Length + other.Attributes.Length);
        int left = 0, right = 0;
        while (left < Attributes.Length || right < other.Attributes.Length)
        {
            var order = left == Attributes.Length ? 1
                : right == other.Attributes.Length ? -1
                : string.CompareOrdinal(Attributes[left].Key, other.Attributes[right].Key);
            var next = order < 0 ? Attributes[left++]
                : order > 0 ? other.Attributes[right++]
                : SessionAttribute.Latest(Attributes[left++], other.Attributes[right++]);
            if (next.Version > cleared)
            {
                merged.Add(next);
            }
        }

        return merged.DrainToImmutable();
    }

    private int IndexOf(string key)
    {
        int low = 0, high = Attributes.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(Attributes[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }
}
