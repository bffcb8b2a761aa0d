using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

[Collection(ReplicaGroup.Name)]
public sealed class ReplicaCommitTests(ReplicaGroup group) : IDisposable
{
    private readonly SessionId _id = SessionId.NewRandom();
    private TestedReplica? _replica;

    private FakePeer B => group.Peers[0];

    private FakePeer C => group.Peers[1];

    private FakePeer D => group.Peers[2];

    private FakePeer E => group.Peers[3];

    [Fact]
    public async Task Commit_MajorityOfThree_AcknowledgedWithOnePeerWhileTheOtherIsSilent()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));

        await C.NextAsync<Store>(replica);
        await AwaitHandledAsync(replica, B);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, B);
        await commit.For("the commit that two of three hold");
    }

    [Fact]
    public async Task Commit_MajorityOfFive_NeedsTwoPeers()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C, D, E]);
        var commit = replica.CommitAsync(_id, Entry(1));

        await AcknowledgeAsync(replica, B);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, C);
        await commit.For("the commit that three of five hold");
    }

    [Fact]
    public async Task Commit_OnePeerAcknowledgesTwice_CountsOnce()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C, D, E]);
        var commit = replica.CommitAsync(_id, Entry(1));

        var store = await B.AcknowledgeAsync(replica);
        B.Tell(replica, new Stored(store.Ticket, store.View));
        await AwaitHandledAsync(replica, B);

        Assert.False(commit.IsCompleted);
    }

    [Fact]
    public async Task Commit_All_NeedsEveryPeer()
    {
        var replica = Start(ReplicationLevel.All);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));

        await AcknowledgeAsync(replica, B);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, C);
        await commit.For("the commit that all hold");
    }

    [Fact]
    public async Task Commit_Copies_NeedsThatMany()
    {
        var replica = Start(ReplicationLevel.Copies, copies: 2);
        replica.Members([B, C, D, E]);
        var commit = replica.CommitAsync(_id, Entry(1));

        await B.NextAsync<Store>(replica);
        await AwaitHandledAsync(replica, B);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, E);
        await commit.For("the commit that two of five hold");
    }

    [Fact]
    public async Task Commit_CopiesBeyondTheBackends_NeedsAllThereAre()
    {
        var replica = Start(ReplicationLevel.Copies, copies: 3);
        replica.Members([B]);
        var commit = replica.CommitAsync(_id, Entry(1));

        await B.NextAsync<Store>(replica);
        await AwaitHandledAsync(replica, B);
        Assert.False(commit.IsCompleted);

        B.Tell(replica, new Stored(1));
        await commit.For("the commit that both backends hold");
    }

    [Fact]
    public async Task Commit_Local_WaitsForNobodyAndReachesAll()
    {
        var replica = Start(ReplicationLevel.Local);
        replica.Members([B, C]);

        await replica.CommitAsync(_id, Entry(1)).For("the local commit");

        Assert.Equal(_id, Assert.Single((await B.NextAsync<Store>(replica)).Entries).Key);
        Assert.Equal(_id, Assert.Single((await C.NextAsync<Store>(replica)).Entries).Key);
    }

    [Fact]
    public async Task Commit_Alone_HeldByThisNodeIsEnough()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([]);

        await replica.CommitAsync(_id, Entry(1)).For("the commit of a single backend");
    }

    [Fact]
    public async Task Commit_Acknowledged_IsInThisNodesReplica()
    {
        var replica = Start(ReplicationLevel.Local);
        replica.Members([B]);
        await replica.CommitAsync(_id, Entry(1)).For("the local commit");

        Assert.Equal(Entry(1).Version, (await B.FetchAsync(replica, _id)).Entry!.Version);
    }

    [Fact]
    public async Task Commit_MessageLost_IsSentAgain()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        var lost = await B.NextAsync<Store>(replica);

        replica.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(lost.Ticket, (await B.AcknowledgeAsync(replica)).Ticket);
        await commit.For("the commit that was sent again");
    }

    [Fact]
    public async Task Commit_NoPeerAnswers_FailsWithTheNumbers()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        await B.NextAsync<Store>(replica);
        await AwaitHandledAsync(replica, B);

        replica.Advance(TimeSpan.FromSeconds(11));

        var failure = await Assert.ThrowsAsync<SessionCommitException>(() => commit.For("the commit to fail"));
        Assert.Contains("acknowledged by 1 of 3 backends within 10 s", failure.Message, StringComparison.Ordinal);
        Assert.Contains("level Majority needs 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_AcknowledgedAfterItFailed_DisturbsNothing()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B]);
        var failed = replica.CommitAsync(_id, Entry(1));
        var store = await B.NextAsync<Store>(replica);
        replica.Advance(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAsync<SessionCommitException>(() => failed.For("the commit to fail"));

        B.Tell(replica, new Stored(store.Ticket, store.View));

        var next = replica.CommitAsync(_id, Entry(2));
        await B.NextAsync<Store>(replica, next => next.Ticket != store.Ticket);
        await AwaitHandledAsync(replica, B);
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task Commit_JoiningPeer_ReceivesButDoesNotCount()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C], joining: D);
        var commit = replica.CommitAsync(_id, Entry(1));

        await AcknowledgeAsync(replica, D);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, C);
        await commit.For("the commit that a majority of the complete backends holds");
    }

    [Fact]
    public async Task Commit_PeerIsLetInAfterItAcknowledged_CountsOnceItSaysSoInTheNewView()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B], joining: D);
        var commit = replica.CommitAsync(_id, Entry(1));
        await AcknowledgeAsync(replica, D);
        Assert.False(commit.IsCompleted);

        replica.Members([B, D]);
        Assert.False(commit.IsCompleted);
        await AcknowledgeAsync(replica, D);

        await commit.For("the commit that two of the three backends in the view hold");
    }

    [Fact]
    public async Task Commit_PeerJoinsWhileItWaits_ReceivesIt()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        await B.NextAsync<Store>(replica);

        replica.Members([B, C], joining: D);

        Assert.Equal(_id, Assert.Single((await D.NextAsync<Store>(replica)).Entries).Key);
        Assert.False(commit.IsCompleted);
    }

    [Fact]
    public async Task Commit_PeerLeavesAfterItAcknowledged_CountsNoLonger()
    {
        // Three of five needed. With B gone its copy is gone too: three of the four that are left.
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C, D, E]);
        var commit = replica.CommitAsync(_id, Entry(1));
        await AcknowledgeAsync(replica, B);

        replica.Members([C, D, E]);
        await AcknowledgeAsync(replica, C);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, D);
        await commit.For("the commit that three of the four backends left hold");
    }

    [Fact]
    public async Task Commit_SilentPeerLeaves_IsWaitedForNoLonger()
    {
        var replica = Start(ReplicationLevel.All);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        await AcknowledgeAsync(replica, B);
        Assert.False(commit.IsCompleted);

        replica.Members([B]);
        await AcknowledgeAsync(replica, B);

        await commit.For("the commit that all backends left hold");
    }

    [Fact]
    public async Task Commit_AcknowledgedByAStranger_DoesNotCount()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        var store = await B.NextAsync<Store>(replica);

        D.Tell(replica, new Stored(store.Ticket, store.View));
        await AwaitHandledAsync(replica, D);

        Assert.False(commit.IsCompleted);
    }

    [Fact]
    public async Task Store_FromAPeer_AcknowledgedOnceItIsHeld()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B]);
        var other = SessionId.NewRandom();

        B.Tell(replica, new Store(77, [new(_id, Entry(1)), new(other, Entry(2))], replica.View.Number));

        Assert.Equal(77, (await B.NextAsync<Stored>(replica)).Ticket);
        Assert.Equal(Entry(1).Version, (await B.FetchAsync(replica, _id)).Entry!.Version);
        Assert.Equal(Entry(2).Version, (await B.FetchAsync(replica, other)).Entry!.Version);
    }

    [Fact]
    public async Task Store_OlderThanWhatIsHeld_AcknowledgedAndTheNewerStays()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B]);
        B.Tell(replica, new Store(1, [new(_id, Entry(2))], replica.View.Number));
        B.Tell(replica, new Store(2, [new(_id, Entry(1))], replica.View.Number));

        await B.NextAsync<Stored>(replica, stored => stored.Ticket == 2);
        Assert.Equal(Entry(2).Version, (await B.FetchAsync(replica, _id)).Entry!.Version);
    }

    [Fact]
    public async Task Store_OfAnEarlierView_IsNotMerged()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B]);

        B.Tell(replica, new Store(77, [new(_id, Entry(1))], replica.View.Number - 1));

        Assert.Null((await B.FetchAsync(replica, _id)).Entry);
        Assert.Empty(await B.DrainAsync<Stored>(replica));
    }

    [Fact]
    public async Task Store_OfALaterView_IsMergedAndNotAcknowledged()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B]);

        B.Tell(replica, new Store(77, [new(_id, Entry(1))], replica.View.Number + 1));

        Assert.Equal(Entry(1).Version, (await B.FetchAsync(replica, _id)).Entry!.Version);
        Assert.Empty(await B.DrainAsync<Stored>(replica));
    }

    [Fact]
    public async Task Commit_AcknowledgedInAnEarlierView_DoesNotCount()
    {
        var replica = Start(ReplicationLevel.Majority);
        replica.Members([B, C]);
        var commit = replica.CommitAsync(_id, Entry(1));
        var store = await B.NextAsync<Store>(replica);

        replica.Members([B, C]);
        B.Tell(replica, new Stored(store.Ticket, store.View));
        await AwaitHandledAsync(replica, B);
        Assert.False(commit.IsCompleted);

        await AcknowledgeAsync(replica, B);
        await commit.For("the commit that is acknowledged in the current view");
    }

    public void Dispose() => _replica?.Dispose();

    private TestedReplica Start(ReplicationLevel level, int copies = 2) =>
        _replica = new TestedReplica(group.Home, new ReplicationOptions { Level = level, Copies = copies });

    /// <summary>The peer acknowledges, and the replica has taken note of it.</summary>
    private async Task AcknowledgeAsync(TestedReplica replica, FakePeer peer)
    {
        await peer.AcknowledgeAsync(replica);
        await AwaitHandledAsync(replica, peer);
    }

    /// <summary>See <see cref="FakePeer.FetchAsync"/>: its answer is the point, whatever it says.</summary>
    private async Task AwaitHandledAsync(TestedReplica replica, FakePeer peer) => await peer.FetchAsync(replica, _id);

    private static SessionEntry Entry(uint sequence) => SessionEntry.Live(
        new(1, sequence, 1), default, 1, [new("a", new(1, sequence, 1), [(byte)sequence])]);
}
