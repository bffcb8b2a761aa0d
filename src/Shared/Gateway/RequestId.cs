namespace Pomegranate.Gateway;

/// <summary>
/// A request's identity in the cluster: the incarnation of the frontend that took it, and its number there.
/// A request that is sent again keeps its id, so a session's home never runs it twice.
/// </summary>
internal readonly record struct RequestId(ulong Frontend, ulong Number)
{
    public override string ToString() => $"{Frontend:x}-{Number}";
}
