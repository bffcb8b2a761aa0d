namespace Pomegranate.Backend.Server;

/// <summary>A session's changes were not acknowledged by as many replicas as the replication level asks for.</summary>
internal sealed class SessionCommitException(string message) : Exception(message)
{
    /// <summary>It is on this node's replica no more than on others: another backend has become the session's home.</summary>
    public bool IsTaken { get; init; }
}
