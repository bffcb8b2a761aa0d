using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Two backends that take themselves for a session's home: only one of them commits.</summary>
[Collection(ReplicaGroup.Name)]
public sealed class ReplicaClaimTests : IDisposable
{
    private const ulong Here = 0xA;
    private const ulong There = 0xB;

    private readonly SessionId _id = SessionId.NewRandom();
    private readonly ReplicaGroup _group;
    private readonly TestedReplica _replica;

    public ReplicaClaimTests(ReplicaGroup group)
    {
        _group = group;
        _replica = new TestedReplica(group.Home, new ReplicationOptions { CommitTimeout = TimeSpan.FromDays(1) });
    }

    private FakePeer B => _group.Peers[0];

    private FakePeer C => _group.Peers[1];

    [Fact]
    public async Task Recover_ForAHome_TheNextEpochIsOnAQuorumBeforeItIsOpened()
    {
        var recovery = await ReadByAllAsync();

        var claim = await B.NextAsync<Store>(_replica);
        var entry = Assert.Single(claim.Entries).Value;
        Assert.Equal(new SessionVersion(2, 0, Here), entry.Version);
        Assert.Equal([3], entry.Find("a"));
        await B.FetchAsync(_replica, _id);
        Assert.False(recovery.IsCompleted);

        B.Tell(_replica, new Stored(claim.Ticket, claim.View));
        Assert.Equal(new SessionVersion(2, 0, Here), (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_TheOthersRefuseTheClaim_IsReadAgainAfterASecond()
    {
        var recovery = await ReadByAllAsync();
        await B.NextAsync<Store>(_replica);

        // Nothing comes from them: they may hold what was acknowledged after they were asked.
        _replica.Advance(SessionReplica.ReadPatience + ReplicaWrites.Resend);
        await B.FetchAsync(_replica, _id);
        _replica.Advance(ReplicaWrites.Resend);
        await AnswerAsync(B, Entry(1, 4, There));
        await AnswerAsync(C, Entry(1, 4, There));
        await ClaimAsync(B, 4);
        Assert.Equal([4], (await recovery.For("the second recovery"))!.Find("a"));
    }

    [Fact]
    public async Task Recover_TheClaimIsHeldThoughNobodySaidSo_ItIsNotMadeAgain()
    {
        // As on a disk that is full: what is in memory cannot be acknowledged.
        var recovery = await ReadByAllAsync();
        var claim = Assert.Single((await B.NextAsync<Store>(_replica)).Entries).Value;

        _replica.Advance(SessionReplica.ReadPatience + ReplicaWrites.Resend);
        await B.FetchAsync(_replica, _id);
        _replica.Advance(ReplicaWrites.Resend);
        await AnswerAsync(B, claim);
        await AnswerAsync(C, claim);

        Assert.Equal(new SessionVersion(2, 0, Here), (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_TheViewChangesBeforeTheClaimIsHeld_IsReadAgain()
    {
        var recovery = await ReadByAllAsync();
        await B.NextAsync<Store>(_replica);

        _replica.Members([B]);
        await B.FetchAsync(_replica, _id);
        _replica.Advance(ReplicaWrites.Resend);
        await AnswerAsync(B, Entry(1, 4, There));
        await ClaimAsync(B, 4);
        Assert.Equal([4], (await recovery.For("the recovery in the next view"))!.Find("a"));
    }

    [Fact]
    public async Task Store_AClaimThatIsRefusedHere_TheHomeHearsOfItAllTheSame()
    {
        await HoldAsync(Entry(1, 4, Here));
        _replica.Members([B, C]);
        var writes = new List<SessionVersion>();
        _replica.Homes.WrittenElsewhere += (_, version) => writes.Add(version);

        B.Tell(_replica, new Store(7, [new(_id, Entry(1, 3, Here).ClaimedBy(There))], _replica.View.Number));

        Assert.Equal([4], (await B.FetchAsync(_replica, _id)).Entry!.Find("a"));
        Assert.Empty(await B.DrainAsync<Stored>(_replica));
        Assert.Equal([new SessionVersion(2, 0, There)], writes);
    }

    [Fact]
    public async Task GiveUp_WhatIsNotCommitted_FailsAtOnce()
    {
        await HoldAsync(Entry(1, 3, Here));
        _replica.Members([B, C]);
        var commit = _replica.CommitAsync(_id, Entry(1, 4, Here));
        await B.NextAsync<Store>(_replica);

        _replica.GiveUp(_id);
        Assert.True((await Assert.ThrowsAsync<SessionCommitException>(() => commit.For("the refusal"))).IsTaken);
    }

    [Fact]
    public async Task Recover_ForAHomeAndFewCopiesAreEnough_TheClaimMeetsEachOfTheirQuorums()
    {
        using var replica = new TestedReplica(_group.Home, new ReplicationOptions { Level = ReplicationLevel.Copies, Copies = 2, CommitTimeout = TimeSpan.FromDays(1) });
        replica.Members([]);
        await replica.CommitAsync(_id, Entry(1, 3, There)).For("this node's own part");
        replica.Members([B, C, _group.Peers[2]]);
        var recovery = replica.RecoverAsync(_id, Here);
        foreach (var peer in (FakePeer[])[B, C, _group.Peers[2]])
        {
            var fetch = await peer.NextAsync<Fetch>(replica);
            peer.Tell(replica, new Fetched(fetch.Ticket, Entry(1, 3, There), fetch.View));
        }

        await B.AcknowledgeAsync(replica);
        await B.FetchAsync(replica, _id);
        Assert.False(recovery.IsCompleted);
        await C.AcknowledgeAsync(replica);
        Assert.Equal(2u, (await recovery.For("the recovery that three of four hold"))!.Version.Epoch);
    }

    [Fact]
    public async Task Recover_EndedThoughAnotherHomeHasGoneOn_TheEndIsAdmitted()
    {
        // B's removal was acknowledged by nobody; this node's replica has a later home's claim, which does not admit it.
        await HoldAsync(Entry(1, 3, There).ClaimedBy(Here));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id, Here);
        var ended = SessionEntry.Removed(new(1, 9, There), 9);
        await AnswerAsync(B, ended);
        await AnswerAsync(C, ended);

        var claim = await B.AcknowledgeAsync(_replica);
        Assert.Equal(new SessionVersion(3, 0, Here), Assert.Single(claim.Entries).Value.Version);
        Assert.True((await recovery.For("the recovery"))!.IsRemoved);
        Assert.True((await B.FetchAsync(_replica, _id)).Entry!.IsRemoved);
    }

    [Fact]
    public async Task Recover_ToReadOnlyAndAnotherHomeHasWritten_IsWhatWasRead()
    {
        await HoldAsync(Entry(1, 3, There));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, Entry(1, 3, There));

        // What is to be written back is refused here: B has claimed the session meanwhile.
        B.Tell(_replica, new Store(7, [new(_id, Entry(1, 3, There).ClaimedBy(There))], _replica.View.Number));
        await B.NextAsync<Stored>(_replica);
        await AnswerAsync(C, Entry(1, 4, There, "b"));

        var read = await recovery.For("the reading");
        Assert.Equal([3], read!.Find("a"));
        Assert.Equal([4], read.Find("b"));
    }

    [Fact]
    public async Task Recover_SomebodyHasWrittenInBetween_IsReadAgain()
    {
        await HoldAsync(Entry(1, 3, There));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id, Here);
        await AnswerAsync(B, Entry(1, 3, There));

        // Its home commits once more, and the claim of what was read before would take that back.
        B.Tell(_replica, new Store(7, [new(_id, Entry(1, 4, There))], _replica.View.Number));
        await B.NextAsync<Stored>(_replica);
        await AnswerAsync(C, Entry(1, 3, There));
        await B.FetchAsync(_replica, _id);
        _replica.Advance(ReplicaWrites.Resend);

        await AnswerAsync(B, Entry(1, 4, There));
        await AnswerAsync(C, Entry(1, 4, There));
        await ClaimAsync(B, 4);
        Assert.Equal([4], (await recovery.For("the second recovery"))!.Find("a"));
    }

    [Fact]
    public async Task Commit_OfAHomeThatHasASuccessor_IsRefusedAtOnce()
    {
        await HoldAsync(Entry(1, 3, Here));
        _replica.Members([B, C]);
        var claims = new List<SessionVersion>();
        _replica.Homes.WrittenElsewhere += (_, version) => claims.Add(version);
        B.Tell(_replica, new Store(7, [new(_id, Entry(1, 3, Here).ClaimedBy(There))], _replica.View.Number));
        await B.NextAsync<Stored>(_replica);
        Assert.Equal([new SessionVersion(2, 0, There)], claims);

        var refused = await Assert.ThrowsAsync<SessionCommitException>(() => _replica.CommitAsync(_id, Entry(1, 4, Here)).For("the refusal"));
        Assert.True(refused.IsTaken);
        Assert.Equal([3], (await B.FetchAsync(_replica, _id)).Entry!.Find("a"));
    }

    [Fact]
    public async Task Store_OfAPeerThatHasASuccessor_IsNotAcknowledgedNorMerged()
    {
        await HoldAsync(Entry(1, 3, There).ClaimedBy(Here));
        _replica.Members([B, C]);

        B.Tell(_replica, new Store(7, [new(_id, Entry(1, 4, There))], _replica.View.Number));

        Assert.Equal([3], (await B.FetchAsync(_replica, _id)).Entry!.Find("a"));
        Assert.Empty(await B.DrainAsync<Stored>(_replica));
    }

    [Fact]
    public async Task Commit_NotAcknowledged_TheWholeIsSentForOneThatMayLackWhatItFollows()
    {
        var before = Entry(1, 3, There).ClaimedBy(Here);
        await HoldAsync(before);
        _replica.Members([B, C]);
        var commit = _replica.CommitAsync(_id, Entry(2, 1, Here, "b"), before);
        Assert.Null(Assert.Single((await B.NextAsync<Store>(_replica)).Entries).Value.Find("a"));

        _replica.Advance(2 * ReplicaWrites.Resend);
        var store = await B.NextAsync<Store>(_replica);
        var whole = Assert.Single(store.Entries).Value;
        Assert.Equal([3], whole.Find("a"));
        Assert.Equal([1], whole.Find("b"));
        B.Tell(_replica, new Stored(store.Ticket, store.View));
        await commit.For("the commit");
    }

    public void Dispose() => _replica.Dispose();

    private static SessionEntry Entry(uint epoch, uint sequence, ulong writer, string key = "a")
    {
        var version = new SessionVersion(epoch, sequence, writer);
        return SessionEntry.Live(version, default, sequence, [new(key, version, [(byte)sequence])]);
    }

    private Task HoldAsync(SessionEntry entry)
    {
        _replica.Members([]);
        return _replica.CommitAsync(_id, entry).For("this node's own part");
    }

    /// <summary>A recovery for a home, to which all have answered alike.</summary>
    private async Task<Task<SessionEntry?>> ReadByAllAsync()
    {
        await HoldAsync(Entry(1, 3, There));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id, Here);
        await AnswerAsync(B, Entry(1, 3, There));
        await AnswerAsync(C, Entry(1, 3, There));
        return recovery;
    }

    private async Task AnswerAsync(FakePeer peer, SessionEntry entry)
    {
        var fetch = await peer.NextAsync<Fetch>(_replica);
        peer.Tell(_replica, new Fetched(fetch.Ticket, entry, fetch.View));
    }

    private async Task ClaimAsync(FakePeer peer, byte value)
    {
        Store claim;
        do
        {
            claim = await peer.NextAsync<Store>(_replica);
        }
        while (!claim.Entries[0].Value.Find("a")!.SequenceEqual([value]));

        peer.Tell(_replica, new Stored(claim.Ticket, claim.View));
    }
}
