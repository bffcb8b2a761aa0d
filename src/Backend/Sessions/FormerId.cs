using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What is left under the id of a session that has moved to another (<c>RenewIdAsync</c>). For a while requests still come with
/// it that left the client before it had the new cookie. They run, see an empty session, and change neither the session nor the
/// cookie: a new cookie would sign the client out. Nor do they get the renewed session: whoever has planted the old id has it
/// too (session fixation).
/// </summary>
/// <remarks>
/// Those that were here before, and waited, run as if they had come just before the renewal. They see the session as it was, and
/// what they change follows it. One that has read what the renewing request has changed cannot have come before it; its changes
/// are refused at the session's home, by the versions in the view.
/// </remarks>
internal static class FormerId
{
    /// <summary>Of the tombstone's attribute that says so. No app can use it.</summary>
    private const string Key = "\0renewed";

    /// <summary>No commit has it: versions begin with epoch 1.</summary>
    private static readonly SessionVersion Overtaken = new(0, 1, 0);

    public static SessionAttribute Mark(SessionVersion version) => new(Key, version, [1]);

    /// <summary>When a tombstone's grace is over, Unix milliseconds; null where the session has simply ended.</summary>
    public static long? Until(SessionEntry? tombstone, ClusterSessionOptions options) =>
        tombstone is { RemovedAt: { } at } && tombstone.Find(Key) is not null ? at + (long)options.RenewalGrace.TotalMilliseconds : null;

    /// <summary>The session as it was before it moved, with the versions that its attributes have now.</summary>
    /// <param name="changes">Those of the renewing request.</param>
    /// <param name="version">That of all attributes under the new id.</param>
    public static SessionEntry? ViewOf(SessionEntry? before, IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, SessionVersion version) =>
        before is null ? null : SessionEntry.Live(before.Version, default, before.LastAccess, before.Attributes.Where(a => !a.IsRemoved).Select(
            a => LastRequest.IsReserved(a.Key) ? a : a with { Version = changes.Any(c => c.Key == a.Key) ? Overtaken : version }));

    /// <summary>The same after one of those who see it has changed the session.</summary>
    public static SessionEntry? ViewAfter(
        SessionEntry? view, IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, bool clears, SessionVersion version) =>
        view is null ? null : SessionEntry.Live(view.Version, default, view.LastAccess,
        [
            .. view.Attributes.Where(a => LastRequest.IsReserved(a.Key) || (!clears && changes.All(c => c.Key != a.Key))),
            .. changes.Where(c => c.Value is not null).Select(c => new SessionAttribute(c.Key, version, c.Value)),
        ]);
}
