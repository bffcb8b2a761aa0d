using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// Which replicas hold every acknowledged change between them. A roster is the set that writes were acknowledged by;
/// any part of it that shares a member with each possible write quorum has seen every write.
/// </summary>
internal static class RestartQuorum
{
    /// <summary>Whether <paramref name="present"/> holds all that <paramref name="roster"/> has acknowledged.</summary>
    public static bool Covers(ReplicationOptions options, IReadOnlyCollection<DurableReplica> roster, IEnumerable<DurableReplica> present) =>
        roster.Intersect(present).Count() >= roster.Count - Math.Min(roster.Count, Quorum.WriteSize(options, roster.Count)) + (roster.Count > 0 ? 1 : 0);

    /// <summary>
    /// The roster once <paramref name="complete"/> have been compared with each other: they alone if they cover the old
    /// one; else its missing members stay, because they may hold what nobody else does.
    /// </summary>
    public static IReadOnlyCollection<DurableReplica> Next(
        ReplicationOptions options, IReadOnlyCollection<DurableReplica> roster, IReadOnlyCollection<DurableReplica> complete) =>
        Covers(options, roster, complete) ? complete : [.. complete, .. roster.Except(complete)];
}
