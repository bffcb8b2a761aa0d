using Akka.Cluster;

namespace Pomegranate.Clustering;

/// <summary>
/// Whether an app's backends can go on without those that are lost: with more than half of them shards get homes, and
/// changes a quorum. With less everything waits until the lost are removed, and count no more.
/// </summary>
internal static class BackendMajority
{
    /// <param name="role">The app's, of <see cref="AppName.RoleOf"/>.</param>
    /// <param name="members">All members of the cluster.</param>
    public static bool Lives(string role, IEnumerable<Member> members, Func<Member, bool> isLost)
    {
        var backends = members.Where(member => member.HasRole(role)).ToList();
        return backends.Count(member => !isLost(member)) > backends.Count / 2;
    }
}
