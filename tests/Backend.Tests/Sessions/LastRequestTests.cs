using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class LastRequestTests
{
    private static readonly RequestId Request = new(0xF, 7);
    private static readonly SessionVersion First = new(1, 1, 1);
    private static readonly SessionVersion Second = new(1, 2, 1);
    private static readonly SessionVersion Third = new(1, 3, 1);

    [Fact]
    public void Undo_ItsOwnChange_GivesTheFormerValues()
    {
        var before = Entry(First, new("count", First, [1]), new("gone", First, [9]));
        var after = Change(before, Second, Request, ("count", [2]), ("gone", null), ("new", [3]));

        var former = LastRequest.Undo(after, Request)!.ToDictionary();

        Assert.Equal([1], former["count"]);
        Assert.Equal([9], former["gone"]);
        Assert.Null(former["new"]);
        Assert.Equal(3, former.Count);
    }

    [Fact]
    public void Undo_EmptyFormerValue_IsNotAnAbsentOne()
    {
        var after = Change(Entry(First, new SessionAttribute("a", First, [])), Second, Request, ("a", [1]));

        Assert.Empty(Assert.Single(LastRequest.Undo(after, Request)!).Value!);
    }

    [Fact]
    public void Undo_FirstCommitOfASession_GivesAbsence()
    {
        var after = Change(null, First, Request, ("count", [1]));

        Assert.Null(Assert.Single(LastRequest.Undo(after, Request)!).Value);
    }

    [Fact]
    public void Undo_RunAgainAndAgain_GivesTheValuesBeforeTheFirstRun()
    {
        var before = Entry(First, new SessionAttribute("count", First, [1]));
        var once = Change(before, Second, Request, ("count", [2]), ("new", [3]));
        var twice = Change(once, Third, Request, ("count", [2]), ("new", [3]));

        var former = LastRequest.Undo(twice, Request)!.ToDictionary();

        Assert.Equal([1], former["count"]);
        Assert.Null(former["new"]);
    }

    [Fact]
    public void Undo_AnotherRequest_Nothing()
    {
        var after = Change(null, First, Request, ("count", [1]));

        Assert.Null(LastRequest.Undo(after, Request with { Number = 8 }));
        Assert.Null(LastRequest.Undo(after, Request with { Frontend = 0xE }));
    }

    [Fact]
    public void Undo_AnotherRequestHasCommittedSince_Nothing()
    {
        var after = Change(Change(null, First, Request, ("count", [1])), Second, new RequestId(0xF, 8), ("count", [2]));

        Assert.Null(LastRequest.Undo(after, Request));
    }

    [Fact]
    public void Undo_AChangeWithoutARequestSince_Nothing()
    {
        // A clear is committed without the mark: the old mark must not undo it.
        var after = Change(null, First, Request, ("count", [1])).Merge(Entry(Second, new SessionAttribute("other", Second, [5])));

        Assert.Null(LastRequest.Undo(after, Request));
    }

    [Fact]
    public void Undo_OnlyTheLastAccessReplicatedSince_StillItsOwn()
    {
        var after = Change(null, First, Request, ("count", [1])).Merge(SessionEntry.Live(Second, default, 99, []));

        Assert.NotNull(LastRequest.Undo(after, Request));
    }

    [Fact]
    public void Undo_OtherHomeOfAPartitionWroteLater_Nothing()
    {
        // Same epoch and sequence, the higher writer wins: its mark replaces ours.
        var ours = Change(null, First, Request, ("count", [1]));
        var theirs = Change(null, First with { Writer = 2 }, new RequestId(0xF, 8), ("count", [2]));

        Assert.Null(LastRequest.Undo(ours.Merge(theirs), Request));
        Assert.NotNull(LastRequest.Undo(ours.Merge(theirs), new RequestId(0xF, 8)));
    }

    [Fact]
    public void Undo_FormerValuesTooLarge_NothingAndTheOldMarkIsGone()
    {
        var before = Change(null, First, new RequestId(0xF, 6), ("big", new byte[20_000]));
        var after = Change(before, Second, Request, ("big", [1]));

        Assert.Null(LastRequest.Undo(after, Request));
        Assert.Null(LastRequest.Undo(after, new RequestId(0xF, 6)));
    }

    [Fact]
    public void Undo_SessionThatNoRequestChanged_Nothing()
    {
        Assert.Null(LastRequest.Undo(Entry(First), Request));
        Assert.Null(LastRequest.Undo(Entry(First, new SessionAttribute("a", First, [1])), Request));
        Assert.Null(LastRequest.Undo(SessionEntry.Removed(Third, 5), Request));
    }

    [Theory]
    [InlineData("\0last-request", true)]
    [InlineData("\0", true)]
    [InlineData("last-request", false)]
    [InlineData("", false)]
    public void IsReserved_NulPrefixOnly(string key, bool reserved) => Assert.Equal(reserved, LastRequest.IsReserved(key));

    private static SessionEntry Entry(SessionVersion version, params SessionAttribute[] attributes) =>
        SessionEntry.Live(version, default, 0, attributes);

    /// <summary>The session after a request's commit.</summary>
    private static SessionEntry Change(
        SessionEntry? before, SessionVersion version, RequestId request, params (string Key, byte[]? Value)[] changes)
    {
        var delta = Entry(version, [
            .. changes.Select(c => new SessionAttribute(c.Key, version, c.Value)),
            LastRequest.Attribute(request, version, before, [.. changes.Select(c => KeyValuePair.Create(c.Key, c.Value))])]);
        return before is null ? delta : before.Merge(delta);
    }
}
