using System.Collections.Immutable;
using Akka.DistributedData;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.State;

/// <summary>
/// The sessions whose ids hash to one key of Akka.DistributedData: a CRDT map from id to <see cref="SessionEntry"/>.
/// </summary>
/// <remarks>
/// Many sessions share one key because a DData key, once deleted, leaves a mark for ever; there are many keys because
/// DData gossips a key whole. The <see cref="Horizon"/> only grows and is merged by maximum: an entry stamped at or
/// before it is forgotten by every replica alike, so forgetting is part of the lattice and needs no clock in a merge.
/// This relies on two things. A removal is stamped no earlier than the session's last access, which the home ensures.
/// And the horizon passes a session whole: it trails the clock by at least twice the idle timeout, while no replica's
/// last access trails the true one by more than a fraction of it. A replica that heard nothing of a live session for
/// all that time would drop its old part, and get the session again from the others.
/// </remarks>
internal sealed class SessionBucket : IReplicatedData<SessionBucket>
{
    public static readonly SessionBucket Empty = new(long.MinValue, []);

    /// <summary>
    /// The bucket that this one was made of by merging an entry, until it has been merged with it. The Replicator merges
    /// what an update returns into what it gave to it: here the result is known, whatever the number of sessions.
    /// </summary>
    private SessionBucket? _before;

    private SessionBucket(long horizon, ImmutableArray<KeyValuePair<SessionId, SessionEntry>> entries)
    {
        Horizon = horizon;
        Entries = entries;
    }

    /// <summary>Unix milliseconds; entries stamped at or before it are gone.</summary>
    public long Horizon { get; }

    /// <summary>Sorted by id.</summary>
    public ImmutableArray<KeyValuePair<SessionId, SessionEntry>> Entries { get; }

    /// <summary>
    /// What two replicas compare to find out whether they hold the same. It covers the version of every attribute, not
    /// only of the session: a replica that missed one delta and got the next has the latest version, but not its state.
    /// </summary>
    public ulong Digest()
    {
        var digest = Fnv(14695981039346656037UL, unchecked((ulong)Horizon));
        foreach (var (id, entry) in Entries)
        {
            digest = Fnv(Fnv(digest, id.High), id.Low);
            digest = Fnv(Fnv(digest, entry.Version), unchecked((ulong)entry.Stamp));
            foreach (var attribute in entry.Attributes)
            {
                digest = Fnv(Fnv(digest, attribute.Version), attribute.IsRemoved ? 0UL : 1UL);
            }
        }

        return digest;
    }

    public static SessionBucket Of(SessionId id, SessionEntry entry) => new(long.MinValue, [new(id, entry)]);

    public static SessionBucket Of(long horizon, IEnumerable<KeyValuePair<SessionId, SessionEntry>> entries) => new(
        horizon,
        [.. entries.Where(e => e.Value.Stamp > horizon).OrderBy(e => e.Key, Order)]);

    public SessionEntry? Find(SessionId id)
    {
        var index = IndexOf(id);
        return index >= 0 ? Entries[index].Value : null;
    }

    /// <summary>The bucket with a home's write, which may be a delta.</summary>
    /// <exception cref="HomeTakenException">Another home has the session: <see cref="SessionEntry.Admits"/>.</exception>
    public SessionBucket Store(SessionId id, SessionEntry write) =>
        Find(id)?.Admits(write) == false ? throw new HomeTakenException() : Merge(id, write);

    /// <summary>The bucket joined with one entry: what a commit does, without building a bucket of one.</summary>
    public SessionBucket Merge(SessionId id, SessionEntry entry)
    {
        if (entry.Stamp <= Horizon)
        {
            return this;
        }

        var index = IndexOf(id);
        return new(Horizon, index >= 0
            ? Entries.SetItem(index, new(id, Entries[index].Value.Merge(entry)))
            : Entries.Insert(~index, new(id, entry)))
        {
            _before = this,
        };
    }

    public SessionBucket Merge(SessionBucket other)
    {
        if (ReferenceEquals(this, other))
        {
            return this;
        }

        if (ReferenceEquals(other._before, this))
        {
            // Let go of: else each bucket would keep all before it.
            other._before = null;
            return other;
        }

        var horizon = Math.Max(Horizon, other.Horizon);
        var merged = ImmutableArray.CreateBuilder<KeyValuePair<SessionId, SessionEntry>>(Math.Max(Entries.Length, other.Entries.Length));
        int left = 0, right = 0;
        while (left < Entries.Length || right < other.Entries.Length)
        {
            var order = left == Entries.Length ? 1
                : right == other.Entries.Length ? -1
                : Order.Compare(Entries[left].Key, other.Entries[right].Key);
            var next = order < 0 ? Entries[left++]
                : order > 0 ? other.Entries[right++]
                : new(Entries[left].Key, Entries[left++].Value.Merge(other.Entries[right++].Value));
            if (next.Value.Stamp > horizon)
            {
                merged.Add(next);
            }
        }

        return new(horizon, merged.DrainToImmutable());
    }

    IReplicatedData IReplicatedData.Merge(IReplicatedData other) => Merge((SessionBucket)other);

    /// <summary>The bucket with everything stamped at or before <paramref name="horizon"/> forgotten.</summary>
    public SessionBucket Forget(long horizon) => horizon <= Horizon ? this : Merge(new SessionBucket(horizon, []));

    /// <summary>
    /// The entries after <paramref name="after"/>, as many as fit <paramref name="maxBytes"/> but at least one, and
    /// whether they are the last.
    /// </summary>
    public (SessionBucket Part, bool IsLast) Page(SessionId? after, int maxBytes)
    {
        var found = after is { } id ? IndexOf(id) : -1;
        var from = found >= 0 ? found + 1 : ~found;
        var to = from;
        for (var bytes = 0; to < Entries.Length && (to == from || bytes < maxBytes); to++)
        {
            bytes += SessionSize.Of(Entries[to].Value);
        }

        return (new SessionBucket(Horizon, Entries[from..to]), to == Entries.Length);
    }

    private int IndexOf(SessionId id)
    {
        int low = 0, high = Entries.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Order.Compare(Entries[middle].Key, id);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private static Comparer<SessionId> Order { get; } = Comparer<SessionId>.Create(static (left, right) =>
        left.High != right.High ? left.High.CompareTo(right.High) : left.Low.CompareTo(right.Low));

    /// <summary>A step of FNV-1a by words: fast, and the same in every process.</summary>
    private static ulong Fnv(ulong hash, ulong word)
    {
        hash = unchecked((hash ^ word) * 1099511628211UL);
        return hash ^ (hash >> 29);
    }

    private static ulong Fnv(ulong hash, SessionVersion version) =>
        Fnv(Fnv(hash, ((ulong)version.Epoch << 32) | version.Sequence), version.Writer);
}
