using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Clustering;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using Pomegranate.Views;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Writes and acknowledgements that travel by lane.</summary>
[Collection(ReplicaGroup.Name)]
public sealed class ReplicaLaneTests(ReplicaGroup group)
{
    private readonly SessionId _id = SessionId.NewRandom();

    [Fact]
    public async Task Commit_PeerTakesLanes_GoesAndIsAcknowledgedByLane()
    {
        using var peer = new LanePeer();
        using var replica = Start();
        replica.Members(peer.Address);
        var commit = replica.CommitAsync(_id, Entry(1));

        var received = await peer.NextByLaneAsync(replica);

        Assert.Equal(_id, Assert.Single(received.Store.Entries).Key);
        Assert.False(commit.IsCompleted);
        received.Acknowledge();
        await commit.For("the commit that was acknowledged by lane");
    }

    [Fact]
    public async Task Commit_LaneEndsBeforeItsAcknowledgement_ComesAgain()
    {
        using var peer = new LanePeer();
        using var replica = Start();
        replica.Members(peer.Address);
        var commit = replica.CommitAsync(_id, Entry(1));
        var received = await peer.NextByLaneAsync(replica);

        received.Lane!.Dispose();
        peer.Clear();

        var again = await peer.NextAsync(replica);
        Assert.Equal(received.Store.Ticket, again.Store.Ticket);
        Assert.False(commit.IsCompleted);
        again.Acknowledge();
        await commit.For("the commit that came again");
    }

    [Fact]
    public async Task Commit_LaneEnded_AnotherIsOpened()
    {
        using var peer = new LanePeer();
        using var replica = Start();
        replica.Members(peer.Address);
        var commit = replica.CommitAsync(_id, Entry(1));
        var first = await peer.NextByLaneAsync(replica);
        first.Lane!.Dispose();
        peer.Clear();

        Assert.NotSame(first.Lane, (await peer.NextByLaneAsync(replica)).Lane);
        Assert.False(commit.IsCompleted);
    }

    [Fact]
    public async Task Store_ByLane_AcknowledgedOnceItIsHeld()
    {
        using var home = BackendSystem.Start();
        using var replica = new TestedReplica(home);
        var (lane, end) = await OpenAsync(home);
        using (lane)
        {
            lane.TrySend(ReplicaFrames.Store, new Store(77, [new(_id, Entry(1))]), ReplicaFrames.Write);

            Assert.Equal(77, await end.Tickets.Reader.ReadAsync().AsTask().For("the acknowledgement"));
            Assert.Equal(Entry(1).Version, (await group.Peers[0].FetchAsync(replica, _id)).Entry!.Version);
        }
    }

    [Fact]
    public async Task Frame_OfNoKnownKind_EndsTheLaneAndNothingElse()
    {
        using var home = BackendSystem.Start();
        using var replica = new TestedReplica(home);
        var (lane, end) = await OpenAsync(home);
        using (lane)
        {
            lane.TrySend(ReplicaFrames.Stored, (1L, 0L), ReplicaFrames.WriteStored);

            await end.Closed.Task.For("the lane to be closed");
            Assert.Null((await group.Peers[0].FetchAsync(replica, _id)).Entry);
        }
    }

    private TestedReplica Start() =>
        new(group.Home, new ReplicationOptions { CommitTimeout = TimeSpan.FromDays(1) }, new LaneDialer(group.Home.System, NullLogger.Instance));

    /// <summary>A lane from another node to this one's Replicator.</summary>
    private async Task<(Lane Lane, TestEnd End)> OpenAsync(BackendSystem home)
    {
        var view = new ReplicaView();
        view.Set(new View(0, new Roster([home.Address], 1), [], []));
        home.System.OpenLanes(new NodeOptions { Hostname = "127.0.0.1" }, NullLogger.Instance)
            .Accept(LaneChannel.Replicas, lane => new StoreLane(lane, home.System, new ReplicaClient(), view));
        var lane = await new LaneDialer(group.Home.System, NullLogger.Instance).OpenAsync(home.Address.Address, LaneChannel.Replicas);
        var end = new TestEnd();
        lane!.Start(end);
        return (lane, end);
    }

    private static SessionEntry Entry(uint sequence) => SessionEntry.Live(
        new(1, sequence, 1), default, 1, [new("a", new(1, sequence, 1), [(byte)sequence])]);

    private sealed class TestEnd : ILaneHandler
    {
        public Channel<long> Tickets { get; } = Channel.CreateUnbounded<long>();

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => Tickets.Writer.TryWrite(ReplicaFrames.ReadStored(kind, payload).Ticket);

        public void OnClosed() => Closed.TrySetResult();
    }
}
