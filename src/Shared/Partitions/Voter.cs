using Akka.Cluster;
using Pomegranate.Clustering;
using Pomegranate.Views;

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

    /// <param name="views">A backend counts as one if it is in its app's view; where an app has none yet, by its role.</param>
    public static Voter Of(Member member, KnownViews views)
    {
        var role = member.Roles.FirstOrDefault(role => AppName.IsBackend([role]));
        return new(
            member.UniqueAddress,
            role is not null && views.Of(AppName.OfRole(role))?.Includes(member.UniqueAddress) != false,
            member.Status,
            ClusterInternals.UpNumber(member));
    }
}
