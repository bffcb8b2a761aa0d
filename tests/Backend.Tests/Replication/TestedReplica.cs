using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using Pomegranate.Views;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>The replica under test: the product's actor, with the test's clock and the membership the test tells it.</summary>
internal sealed class TestedReplica : IDisposable
{
    private static int s_last;

    private readonly BackendSystem _node;
    private readonly FakeTimeProvider _time = new();
    private readonly ReplicaWrites _writes;
    private readonly ReplicationOptions _options;
    private long _lastView = -1;

    public TestedReplica(BackendSystem node, ReplicationOptions? options = null, LaneDialer? lanes = null)
    {
        _node = node;
        _options = options ??= new ReplicationOptions();
        _writes = new ReplicaWrites(node.System, options, _time);
        Ref = node.System.ActorOf(SessionReplica.Props(Homes, _writes, View, options, _time, lanes), $"replica-{Interlocked.Increment(ref s_last)}");
    }

    public IActorRef Ref { get; }

    /// <summary>Told of claims.</summary>
    public ReplicaClient Homes { get; } = new();

    public ReplicaView View { get; } = new();

    public RootActorPath Address => new(_node.Address.Address);

    /// <summary>The home is in the view; so is every peer that is not among <paramref name="joining"/>. The replica knows it afterwards.</summary>
    public void Members(FakePeer[] complete, params FakePeer[] joining) =>
        Members([.. complete.Select(p => p.Address)], [.. joining.Select(p => p.Address)]);

    /// <summary>The home and this peer are in the view.</summary>
    public void Members(UniqueAddress peer) => Members([peer], []);

    /// <param name="owed">What the view owes to those before it.</param>
    public void Members(UniqueAddress[] inView, UniqueAddress[] joining, params Roster[] owed)
    {
        ImmutableArray<UniqueAddress> backends = [_node.Address, .. inView];
        var view = new View(++_lastView, new Roster(backends, Quorum.ReadSize(_options, backends.Length)), [], [.. owed]);
        Ref.Tell(new ReplicaSync.Membership(view, [.. inView, .. joining]));
        Ref.Ask<ReplicaSync.Introduction>(new ReplicaSync.Introduction(Address.Address), Server.Deadline.Default).GetAwaiter().GetResult();
    }

    public void GiveUp(SessionId id) => _writes.GiveUp(id);

    /// <summary>The view owes nothing any more.</summary>
    public void Settle() => Ref.Tell(new ReplicaSync.Settled(View.Number));

    public Task CommitAsync(SessionId id, SessionEntry entry, SessionEntry? before = null)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _writes.Commit(new([new(id, entry)], done, before));
        return done.Task;
    }

    public Task<SessionEntry?> RecoverAsync(SessionId id, ulong? claimant = null)
    {
        var done = new TaskCompletionSource<SessionEntry?>();
        Ref.Tell(new SessionReplica.Recover(id, done, claimant));
        return done.Task;
    }

    /// <summary>Time passes, and the replica looks at its clock every 250 ms.</summary>
    public void Advance(TimeSpan time) => _time.Advance(time);

    public void Dispose() => _node.System.Stop(Ref);
}
