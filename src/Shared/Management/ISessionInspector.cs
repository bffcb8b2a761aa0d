using System.Text.Json.Nodes;
using Pomegranate.Sessions;

namespace Pomegranate.Management;

/// <summary>What a backend can tell about its sessions. Registered by backends only; called from any thread.</summary>
internal interface ISessionInspector
{
    /// <summary>
    /// What is known of one session as name and value pairs: its home, sizes, times, names of attributes, never
    /// their values. Null where no session has the id.
    /// </summary>
    Task<JsonObject?> FindAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>How many sessions are live in the cluster, as far as this node's replica knows.</summary>
    Task<long> CountAsync(CancellationToken cancellationToken);
}
