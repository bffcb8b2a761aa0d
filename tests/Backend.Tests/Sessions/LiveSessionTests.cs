using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class LiveSessionTests : IDisposable
{
    private static readonly SessionId Id = new(1, 1);
    private static readonly RequestId Request = new(1, 1);

    private readonly TestHome _home = new();

    private StubReplica Replica => _home.Replica;

    [Fact]
    public async Task Commit_UntilAcknowledged_NobodySeesIt()
    {
        var session = Of(_home.Services, Id, null);
        var committed = CommitAsync(session, ("a", [1]));
        var commit = await Replica.NextCommitAsync();

        Assert.False(session.Exists);

        commit.Done.SetResult();
        await committed.For("the commit");
        Assert.Equal([1], session.Entry!.Find("a"));
        Assert.True(session.Exists);
    }

    [Fact]
    public async Task Commit_Failed_ThrowsAndTheOldStateStands()
    {
        var session = await EstablishedAsync(("a", [1]));
        var committed = CommitAsync(session, ("a", [2]));
        (await Replica.NextCommitAsync()).Fail();

        await Assert.ThrowsAsync<SessionCommitException>(() => committed.For("the failed commit"));
        Assert.Equal([1], session.Entry!.Find("a"));
    }

    [Fact]
    public async Task Commit_AfterAFailedOne_IsRefused()
    {
        var session = await EstablishedAsync(("a", [1]));
        var failed = CommitAsync(session, ("a", [2]));
        (await Replica.NextCommitAsync()).Fail();
        await Assert.ThrowsAsync<SessionCommitException>(() => failed.For("the failed commit"));
        Assert.True(session.IsInDoubt);

        // A replica may hold the failed change, and another home may have answered by it: this one knows nothing of that.
        await Assert.ThrowsAsync<SessionCommitException>(() => CommitAsync(session, ("a", [3])).For("the second commit"));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Commit_Recovered_IsInTheEpochThatThisHomeHasClaimed()
    {
        var recovered = SessionEntry.Live(new(4, 9, 0xB), default, _home.Now, [new("kept", new(4, 8, 0xB), [7])]).ClaimedBy(TestHome.Writer);
        var session = Of(_home.Services, Id, recovered);

        var committed = CommitAsync(session, ("a", [1]));
        var commit = await Replica.NextCommitAsync();
        commit.Done.SetResult();
        await committed.For("the commit");

        var delta = Assert.Single(commit.Entries).Value;
        Assert.Equal(new SessionVersion(5, 1, TestHome.Writer), delta.Version);
        Assert.Null(delta.Find("kept"));
        Assert.Same(recovered, commit.Before);
        Assert.Equal([7], session.Entry!.Find("kept"));
    }

    [Fact]
    public async Task StillAtHome_InAnotherViewAndThisReplicaKnowsALaterHome_RefusesAndIsReadAgain()
    {
        var session = await EstablishedAsync(("a", [1]));
        await session.StillAtHomeAsync().For("the home that has not been taken");

        Replica.Here = session.Entry!.ClaimedBy(0xB);
        Replica.Client.NoteView();
        var refused = await Assert.ThrowsAsync<SessionCommitException>(() => session.StillAtHomeAsync().For("the refusal"));
        Assert.Contains("Another backend", refused.Message, StringComparison.Ordinal);
        Assert.True(session.IsInDoubt);
    }

    [Fact]
    public async Task StillAtHome_InAnotherViewAndNobodyHasTakenIt_LooksOnce()
    {
        var session = await EstablishedAsync(("a", [1]));
        Replica.Here = session.Entry;
        Replica.Client.NoteView();
        await session.StillAtHomeAsync().For("the home");

        Assert.Equal(Replica.Client.Views, session.LookedAt);
        Assert.False(session.IsInDoubt);
    }

    [Fact]
    public void Ballot_OfASessionThatIsNotThere_IsAfterWhateverMayTurnUp()
    {
        var ended = SessionEntry.Removed(new(3, 7, 0xB), _home.Now);
        Assert.Equal(1u, new LiveSession(_home.Services, Id, null) { LookedAt = 0 }.Ballot.Epoch);
        Assert.Equal(2u, new LiveSession(_home.Services, Id, null, isRead: true) { LookedAt = 0 }.Ballot.Epoch);
        Assert.Equal(4u, new LiveSession(_home.Services, Id, ended, isRead: true) { LookedAt = 0 }.Ballot.Epoch);
    }

    [Fact]
    public async Task Take_NothingMoreIsCommittedOrAnswered()
    {
        var session = await EstablishedAsync(("a", [1]));
        session.Take();

        await Assert.ThrowsAsync<SessionCommitException>(() => CommitAsync(session, ("a", [2])).For("the commit"));
        await Assert.ThrowsAsync<SessionCommitException>(() => session.StillAtHomeAsync().For("the answer"));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Commit_TwoAtOnceAcknowledgedInReverse_BothAreThere()
    {
        var session = await EstablishedAsync(("a", [0]));
        var first = CommitAsync(session, ("a", [1]), ("b", [1]));
        var firstSent = await Replica.NextCommitAsync();
        var second = CommitAsync(session, ("a", [2]));
        var secondSent = await Replica.NextCommitAsync();

        secondSent.Done.SetResult();
        await second.For("the second commit");
        firstSent.Done.SetResult();
        await first.For("the first commit");

        Assert.Equal([2], session.Entry!.Find("a"));
        Assert.Equal([1], session.Entry!.Find("b"));
    }

    [Fact]
    public async Task Commit_Clears_SweepsTheOldAndKeepsWhatCameWithIt()
    {
        var session = await EstablishedAsync(("a", [1]), ("b", [1]));
        var committed = session.CommitAsync([new("b", [2])], clears: true, Request);
        await Replica.AcknowledgeAsync();
        await committed.For("the commit");

        Assert.Null(session.Entry!.Find("a"));
        Assert.Equal([2], session.Entry!.Find("b"));
    }

    [Fact]
    public async Task Commit_OverMaxSessions_RefusesNewOnesOnly()
    {
        var established = await EstablishedAsync(("a", [1]));
        Replica.Client.LiveSessions = _home.Options.MaxSessions;

        var failure = await Assert.ThrowsAsync<SessionCommitException>(
            () => CommitAsync(Of(_home.Services, new SessionId(2, 2), null), ("a", [1])).For("the refusal"));
        Assert.Contains("MaxSessions", failure.Message, StringComparison.Ordinal);

        var again = CommitAsync(established, ("a", [2]));
        await Replica.AcknowledgeAsync();
        await again.For("the commit of the session that exists");
    }

    [Fact]
    public async Task AccessIsDue_OnlyAfterTheFraction()
    {
        var session = await EstablishedAsync(("a", [1]));
        var due = _home.Options.IdleTimeout * _home.Options.AccessReplicationFraction;

        _home.Time.Advance(due);
        session.Touch();
        Assert.False(session.AccessIsDue);

        _home.Time.Advance(TimeSpan.FromMilliseconds(1));
        session.Touch();
        Assert.True(session.AccessIsDue);

        var committed = session.CommitAsync([], clears: false, request: null);
        Assert.Equal(_home.Now, (await Replica.AcknowledgeAsync()).LastAccess);
        await committed.For("the commit of the last access");
        Assert.False(session.AccessIsDue);
    }

    [Fact]
    public async Task IsExpired_OnlyAfterTheIdleTimeout()
    {
        var session = await EstablishedAsync(("a", [1]));

        _home.Time.Advance(_home.Options.IdleTimeout);
        Assert.False(session.IsExpired);

        _home.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(session.IsExpired);
    }

    [Fact]
    public async Task End_Acknowledged_NothingMayBeCommittedAfterwards()
    {
        var session = await EndedAsync();

        Assert.True(session.HasEnded);
        Assert.False(session.Exists);
        await Assert.ThrowsAsync<SessionCommitException>(() => CommitAsync(session, ("a", [2])).For("the refusal"));
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task End_ClockBehindTheLastAccess_IsStampedNoEarlier()
    {
        // The last access may come from a node whose clock is ahead: a removal stamped before it would not be one.
        var ahead = _home.Now + 5000;
        var session = Of(_home.Services, Id, SessionEntry.Live(new(1, 1, 1), default, ahead, []));

        var ended = session.EndAsync(SessionEndReason.Abandoned);
        Assert.Equal(ahead, (await Replica.AcknowledgeAsync()).RemovedAt);
        await ended.For("the end");
    }

    [Fact]
    public async Task End_Failed_TheSessionGoesOn()
    {
        var session = await EstablishedAsync(("a", [1]));
        var ended = session.EndAsync(SessionEndReason.Abandoned);
        (await Replica.NextCommitAsync()).Fail();

        await Assert.ThrowsAsync<SessionCommitException>(() => ended.For("the failed end"));
        Assert.True(session.Exists);
    }

    [Fact]
    public async Task Renew_TheNewIdIsNotStored_TheSessionGoesOn()
    {
        // Its client has no other id.
        var session = await EstablishedAsync(("a", [1]));
        var renewed = session.RenewAsync(new SessionId(9, 9), [new("b", [2])], clears: false);
        (await Replica.NextCommitAsync()).Fail();
        await Assert.ThrowsAsync<SessionCommitException>(() => renewed.For("the failed renewal"));

        Assert.False(Replica.HasBeenAsked, "It was ended.");
        Assert.True(session is { Exists: true, IsInDoubt: false });
        var again = session.RenewAsync(new SessionId(8, 8), [], clears: false);
        (await Replica.NextRenewalAsync()).Done.SetResult();
        await again.For("the renewal");
    }

    [Fact]
    public async Task Renew_MovesTheAttributesAndThenEnds()
    {
        var session = await EstablishedAsync(("a", [1]), ("b", [1]), ("c", [1]));
        var newId = new SessionId(9, 9);
        var renewed = session.RenewAsync(newId, [new("b", [2]), new("c", null)], clears: false);
        var commit = await Replica.NextRenewalAsync();
        commit.Done.SetResult();
        await renewed.For("the renewal");

        var entries = commit.Entries.ToDictionary();
        Assert.Equal(2, entries.Count);
        Assert.True(entries[Id].IsRemoved);
        Assert.Equal(["a", "b"], entries[newId].Attributes.Select(a => a.Key));
        Assert.Equal([2], entries[newId].Find("b"));
        Assert.True(session.HasEnded);
    }

    [Fact]
    public async Task Renew_BesideACommitWithoutATurn_TakesItAlong()
    {
        var session = await EstablishedAsync(("a", [1]));
        var beside = CommitAsync(session, ("b", [2]));
        var first = await Replica.NextCommitAsync();
        var renewed = session.RenewAsync(new SessionId(9, 9), [], clears: false);
        Assert.False(Replica.HasBeenAsked);

        first.Done.SetResult();
        await beside.For("the commit beside it");
        var moving = await Replica.NextRenewalAsync();
        var late = CommitAsync(session, ("c", [3]));
        Assert.False(Replica.HasBeenAsked);
        moving.Done.SetResult();
        await renewed.For("the renewal");

        Assert.Equal([2], moving.Entries.Single(entry => entry.Key == new SessionId(9, 9)).Value.Find("b"));
        await Assert.ThrowsAsync<SessionCommitException>(() => late.For("the commit that came too late"));
    }

    [Fact]
    public async Task Renew_AfterTheEnd_BringsNothingOfTheSessionBack()
    {
        // A request that waited for its turn behind a sign-out must not carry the signed-in state to a fresh id.
        var session = await EndedAsync();
        var renewed = session.RenewAsync(new SessionId(9, 9), [new("b", [2])], clears: false);

        var commit = await Replica.NextCommitAsync();
        commit.Done.SetResult();
        await renewed.For("the renewal");

        var (id, entry) = Assert.Single(commit.Entries);
        Assert.Equal(new SessionId(9, 9), id);
        Assert.Equal(["b"], entry.Attributes.Select(a => a.Key));
    }

    public void Dispose() => _home.Dispose();

    private static Task<SessionVersion> CommitAsync(LiveSession session, params (string Key, byte[]? Value)[] changes) =>
        session.CommitAsync([.. changes.Select(c => KeyValuePair.Create(c.Key, c.Value))], clears: false, Request);

    private static LiveSession Of(SessionServices services, SessionId id, SessionEntry? known) => new(services, id, known) { LookedAt = 0 };

    private async Task<LiveSession> EstablishedAsync(params (string Key, byte[]? Value)[] values)
    {
        var session = Of(_home.Services, Id, null);
        var committed = CommitAsync(session, values);
        await Replica.AcknowledgeAsync();
        await committed.For("the first commit");
        return session;
    }

    private async Task<LiveSession> EndedAsync()
    {
        var session = await EstablishedAsync(("a", [1]));
        var ended = session.EndAsync(SessionEndReason.Abandoned);
        Assert.True((await Replica.AcknowledgeAsync()).IsRemoved);
        await ended.For("the end");
        return session;
    }
}
