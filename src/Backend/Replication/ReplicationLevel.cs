namespace Pomegranate.Backend.Replication;

/// <summary>How many backends must hold a session's change before the response leaves.</summary>
public enum ReplicationLevel
{
    /// <summary>
    /// More than half of the backends: any later majority includes one that has the change. A kill -9 of any minority
    /// loses nothing. The default.
    /// </summary>
    Majority = 0,

    /// <summary>Every backend. The slowest of them sets the pace, and one that hangs stops all commits until it is removed.</summary>
    All,

    /// <summary>A fixed number of backends, <see cref="ReplicationOptions.Copies"/>, or all where there are fewer.</summary>
    Copies,

    /// <summary>
    /// Only the session's home before the response; the others follow without being waited for. The fastest, and a
    /// kill -9 can lose the last moments.
    /// </summary>
    Local,
}
