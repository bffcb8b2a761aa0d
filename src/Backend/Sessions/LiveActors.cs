using System.Collections.Concurrent;
using Akka.Actor;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The session actors of this node that take requests: what comes by a lane goes straight to them. They keep it
/// themselves. Thread-safe.
/// </summary>
internal sealed class LiveActors
{
    private readonly ConcurrentDictionary<SessionId, IActorRef> _bySession = new();
    private readonly ConcurrentDictionary<SessionId, IActorRef> _living = new();
    private int _count;

    /// <summary>Where to send what is for sessions that are at home elsewhere; null until this node takes shards.</summary>
    public IActorRef? Region { get; set; }

    /// <summary>Makes the region ask anew whose the session's shard is.</summary>
    public Action<SessionId> AskAnew { get; set; } = static _ => { };

    /// <summary>The session's home, on this node or another.</summary>
    public IActorRef HomeOf(SessionId id) => Find(id) ?? Region ?? ActorRefs.Nobody;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The session's actor; null where it has none here, or one that stops.</summary>
    public IActorRef? Find(SessionId id) => _bySession.GetValueOrDefault(id);

    /// <summary>The session's actor, whether or not it takes requests.</summary>
    public IActorRef? FindLiving(SessionId id) => _living.GetValueOrDefault(id);

    public void Started(SessionId id, IActorRef actor)
    {
        Interlocked.Increment(ref _count);
        _bySession[id] = actor;
        _living[id] = actor;
    }

    /// <summary>It takes no more requests: from now on they go to its shard, which keeps them for the session's next home.</summary>
    public void Stopping(SessionId id, IActorRef actor) => _bySession.TryRemove(new(id, actor));

    public void Stopped(SessionId id, IActorRef actor)
    {
        Interlocked.Decrement(ref _count);
        Stopping(id, actor);
        _living.TryRemove(new(id, actor));
    }
}
