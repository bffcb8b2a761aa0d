namespace Pomegranate.Backend;

/// <summary>
/// Where and at which version a request meets its session: for footers and logs. On <c>HttpContext.Features</c> of
/// requests that came through the cluster; absent where the app runs on Kestrel alone. Reading it does not use the session.
/// </summary>
public interface IPomegranateSessionFeature
{
    /// <summary>The name of the node that runs the request.</summary>
    string NodeName { get; }

    /// <summary>The session's last committed version as "epoch.sequence", null before the first commit.</summary>
    string? Version { get; }
}
