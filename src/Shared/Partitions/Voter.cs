using Akka.Cluster;
using Pomegranate.Clustering;

namespace Pomegranate.Partitions;

/// <summary>A member, as far as <see cref="Survivors"/> looks at it.</summary>
/// <param name="UpNumber">The order in which members became Up.</param>
internal sealed record Voter(UniqueAddress Address, bool IsBackend, MemberStatus Status, int UpNumber)
{
    /// <summary>Oldest first; the same order on every node.</summary>
    public static readonly IComparer<Voter> Oldest = Comparer<Voter>.Create((a, b) =>
        a.UpNumber != b.UpNumber ? a.UpNumber.CompareTo(b.UpNumber) : a.Address.CompareTo(b.Address));

    /// <summary>Whether it has a vote: it is Up, and not known to go or to be dead.</summary>
    public bool IsFull => Status is MemberStatus.Up or MemberStatus.Leaving;

    public static Voter Of(Member member) =>
        new(member.UniqueAddress, AppName.IsBackend(member.Roles), member.Status, ClusterInternals.UpNumber(member));
}
