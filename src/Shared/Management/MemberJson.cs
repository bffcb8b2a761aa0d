using Akka.Cluster;
using Pomegranate.Clustering;

namespace Pomegranate.Management;

/// <summary>Members in the shape of Akka Management's cluster HTTP API, with the version added.</summary>
internal static class MemberJson
{
    /// <summary>A member.</summary>
    public sealed record MemberBody(
        string Node, string NodeUid, string Status, IEnumerable<string> Roles, int? UpNumber, string AppVersion);

    /// <summary>A member that some cannot reach.</summary>
    public sealed record UnreachableBody(string Node, IEnumerable<string> ObservedBy);

    /// <summary>The whole cluster as one node sees it.</summary>
    public sealed record ClusterBody(
        string SelfNode,
        string? Leader,
        string? Oldest,
        IReadOnlyDictionary<string, string> OldestPerRole,
        IEnumerable<UnreachableBody> Unreachable,
        IEnumerable<MemberBody> Members);

    public static string Spell(MemberStatus status) => status.ToString();

    public static MemberBody Describe(Member member) => new(
        member.Address.ToString(),
        member.UniqueAddress.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Spell(member.Status),
        member.Roles.Where(role => !WireRevisions.IsRevision(role)).Order(StringComparer.Ordinal),
        ClusterInternals.UpNumber(member) is var number and < int.MaxValue ? number : null,
        member.AppVersion.Version);

    public static ClusterBody Describe(Cluster cluster)
    {
        var state = cluster.State;
        var observers = ClusterInternals.Observers(cluster);

        // Only a member that has been Up has an age.
        var byAge = state.Members
            .Where(member => member.Status is MemberStatus.Up or MemberStatus.Leaving)
            .OrderBy(ClusterInternals.UpNumber)
            .ToList();
        return new ClusterBody(
            cluster.SelfAddress.ToString(),
            state.Leader?.ToString(),
            byAge.FirstOrDefault()?.Address.ToString(),
            byAge
                .SelectMany(member => member.Roles.Where(role => !WireRevisions.IsRevision(role)), (member, role) => (role, member))
                .GroupBy(pair => pair.role, pair => pair.member, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.First().Address.ToString(), StringComparer.Ordinal),
            [
                // Akka publishes the one a moment before the other: unreachable is who is known to be so by somebody.
                .. state.Unreachable.Where(member => observers.ContainsKey(member.UniqueAddress)).Select(member => new UnreachableBody(
                    member.Address.ToString(), [.. observers[member.UniqueAddress].Select(observer => observer.Address.ToString())])),
            ],
            [.. state.Members.Select(Describe)]);
    }
}
