using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>The replica under test: the product's actor, with the test's clock and the membership the test tells it.</summary>
internal sealed class TestedReplica : IDisposable
{
    private static int s_last;

    private readonly BackendSystem _node;
    private readonly FakeTimeProvider _time = new();

    public TestedReplica(BackendSystem node, ReplicationOptions? options = null)
    {
        _node = node;
        Ref = node.System.ActorOf(SessionReplica.Props(options ?? new ReplicationOptions(), _time), $"replica-{Interlocked.Increment(ref s_last)}");
    }

    public IActorRef Ref { get; }

    public RootActorPath Address => new(_node.Address.Address);

    /// <summary>The home is complete; so is every peer that is not among <paramref name="joining"/>.</summary>
    public void Members(FakePeer[] complete, params FakePeer[] joining) => Ref.Tell(new ReplicaSync.Membership(
        true, complete.Select(p => (p, true)).Concat(joining.Select(p => (p, false))).ToDictionary(p => p.p.Address, p => p.Item2)));

    public Task CommitAsync(SessionId id, SessionEntry entry)
    {
        var done = new TaskCompletionSource();
        Ref.Tell(new SessionReplica.Commit([new(id, entry)], done));
        return done.Task;
    }

    public Task<SessionEntry?> RecoverAsync(SessionId id)
    {
        var done = new TaskCompletionSource<SessionEntry?>();
        Ref.Tell(new SessionReplica.Recover(id, done));
        return done.Task;
    }

    /// <summary>Holds the replica in the middle of a message until disposed, so that what is told meanwhile waits together.</summary>
    public IDisposable Hold()
    {
        var hold = new HoldingRef();
        Ref.Tell(new ReplicaSync.Introduction(Address.Address), hold);
        return hold;
    }

    /// <summary>Time passes, and the replica looks at its clock every 250 ms.</summary>
    public void Advance(TimeSpan time) => _time.Advance(time);

    public void Dispose() => _node.System.Stop(Ref);

    /// <summary>Answers are told to it, and it takes its time.</summary>
    private sealed class HoldingRef : MinimalActorRef, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();

        public override ActorPath Path { get; } = new RootActorPath(Akka.Actor.Address.AllSystems) / "user" / "holding";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        public void Dispose() => _released.Set();

        protected override void TellInternal(object message, IActorRef sender) => _released.Wait(Server.Deadline.Default);
    }
}
