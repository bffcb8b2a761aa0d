using Akka.Cluster;
using Pomegranate.Clustering;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Under which names the backends of an app keep its session cookie, as they tell: several only while a new name is being
/// rolled out. One thread at a time changes it, any may read.
/// </summary>
/// <remarks>
/// A name counts as long as a backend is there that writes it, also one that is only joining or already leaving. The home
/// of a session that was found under another name gives the client the cookie of its own.
/// </remarks>
internal sealed class SessionCookieNames(string app)
{
    private readonly string _role = AppName.RoleOf(app);
    private readonly List<(UniqueAddress Member, string Name)> _told = [];
    private volatile string[] _all = [];

    /// <summary>Those of the members that came last go first.</summary>
    public string[] All => _all;

    public void Add(Member member)
    {
        if (member.HasRole(_role) && !_told.Any(known => known.Member.Equals(member.UniqueAddress)))
        {
            _told.Insert(0, (member.UniqueAddress, SessionCookieName.FromRoles(app, member.Roles)));
            Publish();
        }
    }

    public void Remove(Member member)
    {
        if (_told.RemoveAll(known => known.Member.Equals(member.UniqueAddress)) > 0)
        {
            Publish();
        }
    }

    private void Publish() => _all = [.. _told.Select(known => known.Name).Distinct(StringComparer.Ordinal)];
}
