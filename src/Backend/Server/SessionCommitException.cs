namespace Pomegranate.Backend.Server;

/// <summary>A session's changes were not acknowledged by as many replicas as the replication level asks for.</summary>
internal sealed class SessionCommitException(string message) : Exception(message)
{
    /// <summary>Another backend has become the session's home. Some replicas may hold the changes all the same.</summary>
    public bool IsTaken { get; init; }
}
