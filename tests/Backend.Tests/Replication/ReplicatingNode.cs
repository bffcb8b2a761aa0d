using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Backend.Sharding;
using Pomegranate.Clustering;
using Pomegranate.Liveness;
using Pomegranate.Views;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>A backend of a real cluster in this process, replicating as the product's node does, without an app.</summary>
internal sealed class ReplicatingNode : IDisposable
{
    private readonly BackendSystem _node;
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IActorRef _replica;
    private int _voters;

    private ReplicatingNode(BackendSystem node, SessionClock clock)
    {
        Clock = clock;
        _node = node;
        var view = new ReplicaView();
        _replica = Client.Start(node.System, view, new ReplicationOptions(), TimeProvider.System);
        node.System.ActorOf(Props.Create(() => new BucketSource(view)), BucketSource.Name);
    }

    public ReplicaClient Client { get; } = new();

    public SessionClock Clock { get; }

    public required FoundingGate Founding { get; init; }

    public BackendSystem Node => _node;

    public UniqueAddress Address => _node.Address;

    /// <summary>The replica is complete.</summary>
    public Task Completed => _completed.Task;

    private IActorRef Replicator => DData.DistributedData.Get(_node.System).Replicator;

    /// <summary>Joins, and does not wait until its replica is complete.</summary>
    /// <param name="minimum">How many backends a new cluster needs.</param>
    /// <param name="disk">Where it keeps whose copies counted; null where sessions are kept in memory only.</param>
    public static async Task<ReplicatingNode> JoinAsync(
        BackendSystem system, ReplicatingNode? seed = null, SessionClock? clock = null, int minimum = 1, DurableStore? disk = null)
    {
        var node = new ReplicatingNode(system, clock ?? new SessionClock(TimeProvider.System)) { Founding = new FoundingGate(minimum) };
        await system.JoinAsync(seed?._node);
        var ears = system.System.ActorOf(Props.Create(() => new MembershipEars(node)));
        var gate = disk is null ? null : new RestartGate(disk, new ReplicationOptions(), TimeProvider.System, $"{node.Address.Address.Host}:{node.Address.Address.Port}", system.System.Log);
        var views = system.System.ActorOf(ViewActor.Props(AppName.Default, new NodeOptions(), TimeProvider.System, NullLogger.Instance), ViewActor.Name);
        var sync = system.System.ActorOf(ReplicaSync.Props(ears, views, node._completed, NodeRole.Backend, node.Clock, node.Founding, gate), ReplicaSync.Name);
        var lease = new HomeLease(TimeProvider.System, Deadline.Default);
        views.Tell(new ViewActor.Serve(new BackendViews(sync, lease), n => Quorum.ReadSize(new ReplicationOptions(), n), minimum));
        return node;
    }

    /// <summary>Waits until so many backends count here, this one included.</summary>
    public Task AwaitVotersAsync(int count) => Eventually.AwaitAsync(
        $"{Address} to count {count} complete backends", () => Task.FromResult(Volatile.Read(ref _voters) == count));

    /// <summary>Puts a bucket into this node's replica alone, past the quorum.</summary>
    public async Task PutAsync(int number, SessionBucket bucket)
    {
        var response = await Replicator.Ask<IUpdateResponse>(
            Dsl.Update(SessionBuckets.KeyOf(number), SessionBucket.Empty, WriteLocal.Instance, held => held.Merge(bucket)), Deadline.Default);
        Assert.True(response.IsSuccessful, $"{Address} refused a bucket: {response}");
    }

    /// <summary>What this node's replica holds of a bucket.</summary>
    public async Task<SessionBucket> ReadAsync(int number)
    {
        var key = SessionBuckets.KeyOf(number);
        var response = await Replicator.Ask<IGetResponse>(Dsl.Get(key, ReadLocal.Instance), Deadline.Default);
        return response.IsSuccessful ? response.Get(key) : SessionBucket.Empty;
    }

    /// <summary>Dies without leaving; the others are told at once, as the proof of death would.</summary>
    public async Task DieAsync(params ReplicatingNode[] survivors)
    {
        var removed = survivors.Select(survivor => survivor.RemovalOfAsync(Address)).ToArray();
        ((ExtendedActorSystem)_node.System).Abort();
        await _node.System.WhenTerminated.For($"{Address} to be dead");
        foreach (var survivor in survivors)
        {
            ProvenDeaths.Of(survivor._node.System.EventStream).Add(Address);
            survivor._node.Cluster.Down(Address.Address);
        }

        await Task.WhenAll(removed).For($"the survivors to remove {Address}");
    }

    public void Dispose() => _node.Dispose();

    private Task RemovalOfAsync(UniqueAddress address)
    {
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.System.ActorOf(Props.Create(() => new RemovalWatch(address, removed)));
        return removed.Task;
    }

    /// <summary>Notes the membership on its way to the replica, once the replica has it.</summary>
    private sealed class MembershipEars : ReceiveActor
    {
        public MembershipEars(ReplicatingNode node)
        {
            Receive<ReplicaSync.Membership>(membership =>
            {
                node._replica.Forward(membership);
                Volatile.Write(ref node._voters, membership.View?.Backends.Length ?? 0);
            });
            ReceiveAny(message => node._replica.Forward(message));
        }
    }

    private sealed class RemovalWatch : ReceiveActor
    {
        public RemovalWatch(UniqueAddress address, TaskCompletionSource removed)
        {
            Receive<ClusterEvent.MemberRemoved>(e =>
            {
                if (e.Member.UniqueAddress.Equals(address))
                {
                    removed.TrySetResult();
                }
            });
            ReceiveAny(_ => { });
            Cluster.Get(Context.System).Subscribe(Self, typeof(ClusterEvent.MemberRemoved));
        }
    }
}
