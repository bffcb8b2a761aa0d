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
    /// How many backends a new cluster needs before it serves sessions; one that joins where sessions are served does not
    /// wait. More than half of your backends (2 of 3), and nodes that start again while the network is parted cannot found
    /// a second cluster beside the first, without its sessions. The price: as few backends cannot start from nothing.
    /// 1 to 100, default 1.
    /// </summary>
    public int MinimumBackends { get; set; } = 1;

    /// <summary>
    /// How long an ended session's mark is kept, so that no late copy brings the session back. 1 min to 60 days, default
    /// 1 h; less than twice <c>Pomegranate:Session:IdleTimeout</c> counts as twice that.
    /// </summary>
    public TimeSpan RemovalGrace { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Where this backend keeps its sessions and data protection keys on disk, so that they outlive a stop of all
    /// backends; relative to the content root. One directory for each backend. Default none: in memory only.
    /// </summary>
    public string? DurableDirectory { get; set; }

    /// <summary>
    /// What the file in <see cref="DurableDirectory"/> may grow to, in bytes; over it this backend acknowledges no
    /// changes. 1 MiB to 1 TiB, default 8 GiB.
    /// </summary>
    public long DurableMaxBytes { get; set; } = 8L << 30;

    /// <summary>
    /// After a stop of all backends: how long those that are back wait for the others before enough of them go on
    /// without. 0 to 1 h, default 1 min.
    /// </summary>
    public TimeSpan RestartPatience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Go on after <see cref="RestartPatience"/> even if acknowledged changes may be missing, because the other disks
    /// are lost. Default false.
    /// </summary>
    public bool RestartWithoutQuorum { get; set; }
}
