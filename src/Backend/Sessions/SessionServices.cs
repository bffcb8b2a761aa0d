using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sharding;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

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
    public LiveActors Actors { get; init; } = new();

    /// <summary>
    /// The homes made of this are none: they run requests of sessions that are at home on other nodes, and leave at once.
    /// </summary>
    public bool IsGuest { get; init; }

    /// <summary>Whether a node of this incarnation is in the cluster.</summary>
    public Func<int, bool> IsMember { get; init; } = static _ => false;

    public KeptAnswers Answers { get; } = new(Time);

    /// <summary>Whether this node may still answer for the sessions that are at home here.</summary>
    public required HomeLease Lease { get; init; }

    /// <summary>Which of the app's endpoints heed an <c>Idempotency-Key</c>.</summary>
    public KeyedEndpoints Keyed { get; init; } = new(null);

    /// <summary>The cookie that has a session's id.</summary>
    public SessionCookie Cookie { get; init; } = new(new SessionOptions { Cookie = { Name = SessionCookieName.DefaultOf(AppName.Default) } });

    /// <summary>The request belongs to something that lives on another node.</summary>
    public bool BelongsElsewhere(RunRequest run) =>
        !run.IsForNode && NodeMark.TryRead(run.Request.RawTarget, out var node) && node != unchecked((int)Writer) && IsMember(node);

    /// <summary>What o'clock it is for sessions.</summary>
    public SessionClock Clock { get; init; } = new(Time);
}
