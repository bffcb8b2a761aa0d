namespace Pomegranate.Backend.Replication;

/// <summary>How sessions are copied between backends. Section <c>Pomegranate:Replication</c>; read once, at start.</summary>
public sealed class ReplicationOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Replication";

    /// <summary>How many backends must hold a change before the response leaves. Default majority.</summary>
    public ReplicationLevel Level { get; set; } = ReplicationLevel.Majority;

    /// <summary>For <see cref="ReplicationLevel.Copies"/>: how many, the home included. 1 to 100, default 2.</summary>
    public int Copies { get; set; } = 2;

    /// <summary>
    /// How long a change waits for its copies before the client gets 503. Must cover the time in which a hung backend
    /// is removed. 1 s to 60 s, default 10 s.
    /// </summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new home asks the replicas for a session before the client gets 503. 1 s to 60 s, default 10 s.</summary>
    public TimeSpan RecoveryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an ended session's mark is kept, so that no late copy brings the session back. 1 min to 60 days, default
    /// 1 h; less than twice <c>Pomegranate:Session:IdleTimeout</c> counts as twice that.
    /// </summary>
    public TimeSpan RemovalGrace { get; set; } = TimeSpan.FromHours(1);
}
