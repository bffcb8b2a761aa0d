using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Akka.Cluster;

namespace Pomegranate.Clustering;

/// <summary>
/// Two facts that Akka.NET keeps internal and an operator needs: a member's up number, and who cannot reach whom.
/// The accessors are bound by name when first called; a test calls them all, so an upgrade that renames one is noticed.
/// </summary>
internal static class ClusterInternals
{
    private const string ReadView = "Akka.Cluster.ClusterReadView, Akka.Cluster";
    private const string Reachability = "Akka.Cluster.Reachability, Akka.Cluster";

    /// <summary>The order in which members became Up; <see cref="int.MaxValue"/> for one that has not been.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_UpNumber")]
    public static extern int UpNumber(Member member);

    /// <summary>For each unreachable member, the members that cannot reach it.</summary>
    public static ImmutableDictionary<UniqueAddress, ImmutableHashSet<UniqueAddress>> Observers(Cluster cluster) =>
        ObserversGroupedByUnreachable(GetReachability(GetReadView(cluster)));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ReadView")]
    [return: UnsafeAccessorType(ReadView)]
    private static extern object GetReadView(Cluster cluster);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Reachability")]
    [return: UnsafeAccessorType(Reachability)]
    private static extern object GetReachability([UnsafeAccessorType(ReadView)] object view);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ObserversGroupedByUnreachable")]
    private static extern ImmutableDictionary<UniqueAddress, ImmutableHashSet<UniqueAddress>> ObserversGroupedByUnreachable(
        [UnsafeAccessorType(Reachability)] object reachability);
}
