using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Judging;

namespace Pomegranate.Simulation.Backends;

/// <summary>What a backend holds of all sessions: the shipped CRDT.</summary>
internal sealed class Replica(Process self)
{
    public SessionBucket Bucket { get; private set; } = SessionBucket.Empty;

    public SessionEntry? Find(SessionId id) => Bucket.Find(id);

    /// <summary>False where another home has the session: <see cref="SessionEntry.Admits"/>.</summary>
    public bool Store(SessionId id, SessionEntry entry)
    {
        if (self.World.HasClaims && Bucket.Find(id)?.Admits(entry) == false)
        {
            self.World.Count("write of a home refused");
            return false;
        }

        Merge(id, entry);
        return true;
    }

    private void Merge(SessionId id, SessionEntry entry)
    {
        if (self.World.Bug == SeededBug.MergeDropsAttribute && Bucket.Find(id) is { } known && known.Attributes.Length > entry.Attributes.Length)
        {
            // As the campaign's patch: what one side alone has is forgotten. Built anew, as a merge cannot forget.
            var merged = known.Merge(entry);
            var kept = merged.Attributes.Where(a => entry.Attributes.Any(e => e.Key == a.Key));
            entry = SessionEntry.Live(merged.Version, merged.Cleared, merged.LastAccess, kept);
            Bucket = SessionBucket.Of(Bucket.Horizon, Bucket.Entries.Where(e => e.Key != id));
        }

        Bucket = Bucket.Merge(id, entry);
    }

    public void Merge(SessionBucket other) => Bucket = Bucket.Merge(other);

    public void Load(SessionBucket disk) => Bucket = disk;
}
