using System.Globalization;
using Akka.Cluster.Sharding;
using Pomegranate.Sessions;

namespace Pomegranate.Gateway;

/// <summary>Which shard a session is in, and which entity: the same on frontends and backends.</summary>
internal sealed class SessionSharding(int shards) : IMessageExtractor
{
    private readonly string[] _names = [.. Enumerable.Range(0, shards).Select(n => n.ToString(CultureInfo.InvariantCulture))];

    public int Count => _names.Length;

    /// <summary>All shards.</summary>
    public IReadOnlyList<string> Names => _names;

    public string? EntityId(object message) => message is GatewayProtocol.ISessionMessage session ? session.SessionId.ToString() : null;

    public object EntityMessage(object message) => message;

    public string? ShardId(object message) => message is GatewayProtocol.ISessionMessage session ? ShardOf(session.SessionId) : null;

    public string ShardId(string entityId, object? messageHint = null) =>
        SessionId.TryParse(entityId, out var id)
            ? ShardOf(id)
            : throw new ArgumentException($"'{entityId}' is not a session id.", nameof(entityId));

    public string ShardOf(SessionId id) => _names[NumberOf(id)];

    /// <summary>The shard's place among all, from 0.</summary>
    public int NumberOf(SessionId id) => (int)(id.StableHash % (ulong)_names.Length);
}
