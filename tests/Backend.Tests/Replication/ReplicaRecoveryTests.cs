using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;
using Pomegranate.Views;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

[Collection(ReplicaGroup.Name)]
public sealed class ReplicaRecoveryTests : IDisposable
{
    private readonly SessionId _id = SessionId.NewRandom();
    private readonly ReplicaGroup _group;
    private readonly TestedReplica _replica;

    public ReplicaRecoveryTests(ReplicaGroup group)
    {
        _group = group;
        _replica = new TestedReplica(group.Home);
    }

    private FakePeer B => _group.Peers[0];

    private FakePeer C => _group.Peers[1];

    private FakePeer D => _group.Peers[2];

    private FakePeer E => _group.Peers[3];

    [Fact]
    public async Task Recover_AllAgree_IsWhatTheyHoldAndNothingIsWritten()
    {
        await HoldAsync(Entry(3));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);

        await AnswerAsync(B, Entry(3));
        await AnswerAsync(C, Entry(3));

        Assert.Equal(Entry(3).Version, (await recovery.For("the recovery"))!.Version);
        Assert.Empty(await B.DrainAsync<Store>(_replica));
    }

    [Fact]
    public async Task Recover_NobodyKnowsTheSession_Null()
    {
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);

        await AnswerAsync(B, null);
        await AnswerAsync(C, null);

        Assert.Null(await recovery.For("the recovery"));
        Assert.Empty(await B.DrainAsync<Store>(_replica));
    }

    [Fact]
    public async Task Recover_Alone_IsWhatThisNodeHolds()
    {
        await HoldAsync(Entry(3));
        _replica.Members([]);

        Assert.Equal(Entry(3).Version, (await _replica.RecoverAsync(_id).For("the recovery"))!.Version);
    }

    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(3, 1, 2)]
    [InlineData(1, 2, 3)]
    [InlineData(0, 0, 1)]
    public async Task Recover_ReplicasDiffer_TheNewestAndOnlyOnceAQuorumHoldsIt(uint own, uint atB, uint atC)
    {
        await HoldAsync(own == 0 ? null : Entry(own));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, atB == 0 ? null : Entry(atB));
        await AnswerAsync(C, atC == 0 ? null : Entry(atC));
        var newest = Entry(Math.Max(own, Math.Max(atB, atC)));

        // Written back, and not seen by anyone before a majority has it.
        var store = await B.NextAsync<Store>(_replica);
        await B.FetchAsync(_replica, _id);
        Assert.Equal(newest.Version, Assert.Single(store.Entries).Value.Version);
        Assert.False(recovery.IsCompleted);

        B.Tell(_replica, new Stored(store.Ticket, store.View));

        var recovered = await recovery.For("the recovery after its write-back");
        Assert.Equal(newest.Version, recovered!.Version);
        Assert.Equal(newest.Find("a"), recovered.Find("a"));
        Assert.Equal(newest.Version, (await B.FetchAsync(_replica, _id)).Entry!.Version);
    }

    [Fact]
    public async Task Recover_SameVersionButAChangeMissed_IsWrittenBack()
    {
        // C missed the first of two deltas and got the second: the version is the latest, the state is not whole.
        var first = Entry(1, "first");
        var second = Entry(2, "second");
        await HoldAsync(first.Merge(second));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, second);
        await AnswerAsync(C, second);

        var store = await B.AcknowledgeAsync(_replica);

        Assert.Equal(["first", "second"], Assert.Single(store.Entries).Value.Attributes.Select(a => a.Key));
        Assert.Equal(2, (await recovery.For("the recovery after its write-back"))!.Attributes.Length);
    }

    [Fact]
    public async Task Recover_RemovedOnOneReplica_StaysRemoved()
    {
        await HoldAsync(Entry(3));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, SessionEntry.Removed(new(1, 4, 1), 500));
        await AnswerAsync(C, Entry(3));
        await B.AcknowledgeAsync(_replica);

        Assert.True((await recovery.For("the recovery after its write-back"))!.IsRemoved);
    }

    [Fact]
    public async Task Recover_WriteBackNotAcknowledged_Fails()
    {
        await HoldAsync(Entry(1));
        _replica.Members([B]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, Entry(2));
        await B.NextAsync<Store>(_replica);

        _replica.Advance(TimeSpan.FromSeconds(11));

        await Assert.ThrowsAsync<SessionCommitException>(() => recovery.For("the recovery to fail"));
    }

    [Fact]
    public async Task Recover_OneVoterSilent_WaitedForFirstThenAMajorityDecides()
    {
        await HoldAsync(Entry(3));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, Entry(3));
        await B.FetchAsync(_replica, _id);
        Assert.False(recovery.IsCompleted);

        _replica.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Entry(3).Version, (await recovery.For("the recovery from a majority"))!.Version);
    }

    [Fact]
    public async Task Recover_OneOfFourLeftHoldsTheLatest_IsFoundWherever()
    {
        // B, C and the dead A acknowledged; of the four left a majority need not include both.
        _replica.Members([B, C, D]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(C, null);
        await AnswerAsync(D, null);
        await D.FetchAsync(_replica, _id);
        Assert.False(recovery.IsCompleted);

        await AnswerAsync(B, Entry(3));
        await B.AcknowledgeAsync(_replica);
        await C.AcknowledgeAsync(_replica);
        Assert.Equal(Entry(3).Version, (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_LessThanAMajorityAnswers_FailsWithTheNumbers()
    {
        _replica.Members([B, C, D, E]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, null);
        await B.FetchAsync(_replica, _id);

        _replica.Advance(TimeSpan.FromSeconds(11));

        var failure = await Assert.ThrowsAsync<SessionCommitException>(() => recovery.For("the recovery to fail"));
        Assert.Contains("2 of 5 backends answered within 10 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recover_JoiningPeer_NeitherAskedNorCounted()
    {
        await HoldAsync(Entry(3));
        _replica.Members([B, C], joining: D);
        var recovery = _replica.RecoverAsync(_id);
        var fetch = await AnswerAsync(B, Entry(3));

        // Even where it answers, unasked: an empty replica is no vote.
        D.Tell(_replica, new Fetched(fetch.Ticket, null, fetch.View));
        Assert.Empty(await D.DrainAsync<Fetch>(_replica));
        _replica.Advance(TimeSpan.FromMilliseconds(500));
        await AwaitLookAtTheClockAsync(C);
        Assert.False(recovery.IsCompleted);

        await AnswerAsync(C, Entry(3));
        Assert.Equal(Entry(3).Version, (await recovery.For("the recovery from the complete backends"))!.Version);
    }

    [Fact]
    public async Task Recover_JoiningPeerAndAMissingVoter_MajorityIsOfTheCompleteOnes()
    {
        // Home and D are not a majority of {home, B, C}: D holds nothing yet.
        _replica.Members([B, C], joining: D);
        var recovery = _replica.RecoverAsync(_id);
        var fetch = await B.NextAsync<Fetch>(_replica);
        D.Tell(_replica, new Fetched(fetch.Ticket, null, fetch.View));
        await D.FetchAsync(_replica, _id);
        _replica.Advance(TimeSpan.FromSeconds(2));

        await AwaitLookAtTheClockAsync(B);
        Assert.False(recovery.IsCompleted);
    }

    [Fact]
    public async Task Recover_PeerBecomesComplete_IsAskedToo()
    {
        _replica.Members([B], joining: D);
        var recovery = _replica.RecoverAsync(_id);
        await B.NextAsync<Fetch>(_replica);

        _replica.Members([B, D]);

        await AnswerAsync(D, Entry(5));
        await AnswerAsync(B, null);
        await D.AcknowledgeAsync(_replica);
        Assert.Equal(Entry(5).Version, (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_SilentVoterLeaves_IsWaitedForNoLonger()
    {
        await HoldAsync(Entry(3));
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, Entry(3));
        await B.FetchAsync(_replica, _id);
        Assert.False(recovery.IsCompleted);

        _replica.Members([B]);
        await AnswerAsync(B, Entry(3));

        Assert.Equal(Entry(3).Version, (await recovery.For("the recovery without the one that left"))!.Version);
    }

    [Fact]
    public async Task Recover_PeerLeavesAfterItAnswered_WhatItSaidStillHolds()
    {
        _replica.Members([B, C]);
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(B, Entry(5));
        await B.FetchAsync(_replica, _id);

        _replica.Members([C]);
        await AnswerAsync(C, null);
        await C.AcknowledgeAsync(_replica);

        Assert.Equal(Entry(5).Version, (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_TheViewOwesAnEarlierOne_EnoughOfThatIsHeard()
    {
        // Of {home, B, C} any two know what was acknowledged; the home and D alone are not enough, whatever they say.
        _replica.Members([B.Address, C.Address, D.Address], [], new Roster([_group.Home.Address, B.Address, C.Address], 2));
        var recovery = _replica.RecoverAsync(_id);
        await AnswerAsync(D, null);
        await D.FetchAsync(_replica, _id);
        _replica.Advance(TimeSpan.FromSeconds(2));
        await AwaitLookAtTheClockAsync(B);
        Assert.False(recovery.IsCompleted);

        await AnswerAsync(C, null);
        Assert.Null(await recovery.For("the recovery from two of the three"));
    }

    [Fact]
    public async Task Recover_TheViewSettlesMeanwhile_WhatWasSaidBeforeIsNotEnough()
    {
        // D has answered before it caught up. Once enough have, the home and D are enough, but not by what they said before.
        _replica.Members([B.Address, C.Address, D.Address], [], new Roster([_group.Home.Address, B.Address, C.Address], 2));
        var recovery = _replica.RecoverAsync(_id);
        var before = await AnswerAsync(D, null);
        await D.FetchAsync(_replica, _id);
        _replica.Advance(TimeSpan.FromSeconds(2));
        await AwaitLookAtTheClockAsync(B);

        _replica.Settle();
        D.Tell(_replica, new Fetched(before.Ticket, null, before.View));
        await D.FetchAsync(_replica, _id);
        Assert.False(recovery.IsCompleted);

        await AnswerAsync(D, Entry(5));
        await D.AcknowledgeAsync(_replica);
        await C.AcknowledgeAsync(_replica);
        Assert.Equal(Entry(5).Version, (await recovery.For("the recovery"))!.Version);
    }

    [Fact]
    public async Task Recover_QuestionLost_IsAskedAgain()
    {
        _replica.Members([B]);
        var recovery = _replica.RecoverAsync(_id);
        await B.NextAsync<Fetch>(_replica);

        await AnswerAsync(B, null);

        Assert.Null(await recovery.For("the recovery"));
    }

    [Fact]
    public async Task Fetch_OfAFullBucket_AnsweredWithOneEntry()
    {
        // All of these are in one bucket: the high half of the id decides.
        var neighbours = Enumerable.Range(1, 500).Select(n => new SessionId(4_000_000_123, (ulong)n)).ToArray();
        _replica.Members([B]);
        B.Tell(_replica, new Store(1, [.. neighbours.Select(id => KeyValuePair.Create(id, Entry(1, value: new byte[1000])))], _replica.View.Number));
        await B.NextAsync<Stored>(_replica);

        var fetched = await B.FetchAsync(_replica, neighbours[250]);

        Assert.Equal(Entry(1).Version, fetched.Entry!.Version);
        var bytes = new ReplicationSerializer((Akka.Actor.ExtendedActorSystem)_group.Home.System).ToBinary(fetched).Length;
        Assert.InRange(bytes, 1000, 1200);
    }

    public void Dispose() => _replica.Dispose();

    /// <summary>Puts the entry into this node's replica alone.</summary>
    private async Task HoldAsync(SessionEntry? entry)
    {
        if (entry is not null)
        {
            _replica.Members([]);
            await _replica.CommitAsync(_id, entry).For("this node to hold the entry");
        }
    }

    /// <summary>The replica asks those that have not answered again whenever it looks at its clock.</summary>
    private async Task AwaitLookAtTheClockAsync(FakePeer silent)
    {
        await silent.DrainAsync<Fetch>(_replica);
        await silent.NextAsync<Fetch>(_replica);
        await silent.FetchAsync(_replica, _id);
    }

    private async Task<Fetch> AnswerAsync(FakePeer peer, SessionEntry? entry)
    {
        var fetch = await peer.NextAsync<Fetch>(_replica, fetch => fetch.View == _replica.View.Number);
        Assert.Equal(_id, fetch.Id);
        peer.Tell(_replica, new Fetched(fetch.Ticket, entry, fetch.View));
        return fetch;
    }

    private static SessionEntry Entry(uint sequence, string key = "a", byte[]? value = null) => SessionEntry.Live(
        new(1, sequence, 1), default, 1, [new(key, new(1, sequence, 1), value ?? [(byte)sequence])]);
}
