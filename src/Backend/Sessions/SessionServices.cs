using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sharding;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Sessions;

/// <summary>What every session on this node needs.</summary>
/// <param name="Writer">This node's incarnation, which marks its versions.</param>
internal sealed record SessionServices(
    ReplicaClient Replica,
    ClusterSessionOptions SessionOptions,
    string NodeName,
    ulong Writer,
    TimeProvider Time,
    ILogger Logger,
    Func<SessionEnded, Task> OnEnded,
    ApplicationRunner Runner)
{
    public LiveActors Actors { get; } = new();

    public KeptAnswers Answers { get; } = new(Time);

    /// <summary>Whether this node may still answer for the sessions that are at home here.</summary>
    public required HomeLease Lease { get; init; }

    /// <summary>Which of the app's endpoints heed an <c>Idempotency-Key</c>.</summary>
    public KeyedEndpoints Keyed { get; init; } = new(null);

    /// <summary>The cookie that has a session's id.</summary>
    public SessionCookie Cookie { get; init; } = new(new SessionOptions { Cookie = { Name = SessionCookieName.DefaultOf(AppName.Default) } });

    /// <summary>What o'clock it is for sessions.</summary>
    public SessionClock Clock { get; init; } = new(Time);
}
