using Pomegranate.Sessions;

namespace Pomegranate.Simulation.Cluster;

/// <summary>The schedule's sessions: one of each client, and one shard each.</summary>
internal sealed class SessionTable(int count)
{
    private readonly SessionId[] _ids = [.. Enumerable.Range(0, count).Select(n => new SessionId((ulong)(n + 1) << 20, (ulong)n))];

    public int Count => _ids.Length;

    public SessionId IdOf(int session) => _ids[session];

    public static int NumberOf(SessionId id) => (int)id.Low;

    public static string NameOf(int session) => $"s{session}";
}
