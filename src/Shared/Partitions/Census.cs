using Akka.Cluster;

namespace Pomegranate.Partitions;

/// <summary>A cluster as one of its members describes it to a node that may be of another.</summary>
/// <param name="Members">Everybody, the describing member among them.</param>
/// <param name="Backends">How many of them hold sessions.</param>
/// <param name="View">The number of its latest view, of whichever app: one that was founded just now has a low one. 0 if none.</param>
internal sealed record Census(IReadOnlyCollection<UniqueAddress> Members, int Backends, long View = 0)
{
    /// <summary>
    /// Whether this is another cluster than <paramref name="mine"/>. A node that was downed and does not know it yet
    /// still counts the others among its own.
    /// </summary>
    public bool IsApartFrom(Census mine) => !Members.Any(mine.Members.Contains);

    /// <summary>
    /// Whether this cluster is to end in favour of the other: both come to the same result. Whose views have gone on for longer
    /// holds what the other was founded without, however large that has grown. Without a backend it holds nothing.
    /// </summary>
    public bool YieldsTo(Census other) =>
        (Held, Backends, Members.Count).CompareTo((other.Held, other.Backends, other.Members.Count)) is var order && order != 0
            ? order < 0
            : Members.Min()!.CompareTo(other.Members.Min()) > 0;

    private long Held => Backends > 0 ? View : 0;
}
