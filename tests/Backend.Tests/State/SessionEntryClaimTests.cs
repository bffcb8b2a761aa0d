using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.State;

public sealed class SessionEntryClaimTests
{
    private static readonly SessionEntry Held = Entry(3, 7, 0xA, "a");

    [Fact]
    public void ClaimedBy_IsTheSameInTheNextEpoch()
    {
        var claim = Held.ClaimedBy(0xB);
        Assert.Equal(new SessionVersion(4, 0, 0xB), claim.Version);
        Assert.True(claim.IsClaim);
        Assert.Equal(Held.Attributes.Select(a => (a.Key, a.Version)), claim.Attributes.Select(a => (a.Key, a.Version)));
        Assert.Equal(Held.LastAccess, claim.LastAccess);
    }

    [Theory]
    [InlineData(3, 8, 0xA, true)]
    [InlineData(3, 2, 0xA, true)]
    [InlineData(3, 8, 0xB, false)]
    [InlineData(2, 9, 0xA, false)]
    [InlineData(4, 1, 0xB, false)]
    [InlineData(3, 8, 0x9, false)]
    [InlineData(3, 8, 0xC, false)]
    public void Admits_ADelta_OnlyOfTheHomeItKnows(uint epoch, uint sequence, ulong writer, bool admits) =>
        Assert.Equal(admits, Held.Admits(Entry(epoch, sequence, writer, "b")));

    [Fact]
    public void Admits_AClaim_OnlyOfOneThatHasSeenAllThatIsHere()
    {
        Assert.True(Held.Admits(Held.ClaimedBy(0xB)));
        Assert.True(Held.Admits(Held.Merge(Entry(3, 8, 0xA, "b")).ClaimedBy(0xB)));
        Assert.False(Held.Merge(Entry(3, 8, 0xA, "b")).Admits(Held.ClaimedBy(0xB)));
        Assert.False(Held.Merge(Entry(3, 6, 0xA, "b")).Admits(Held.ClaimedBy(0xB)));
    }

    [Fact]
    public void Admits_TwoClaimsOfOneEpoch_NeverBoth()
    {
        var first = Held.ClaimedBy(0xB);
        Assert.False(first.Admits(Held.ClaimedBy(0xA)));
        Assert.True(first.Admits(first.ClaimedBy(0xA)));

        // By the higher writer, and only while nothing has come of the first.
        Assert.True(first.Admits(Held.ClaimedBy(0xC)));
        Assert.False(first.Merge(Entry(4, 1, 0xB, "b")).Admits(Held.ClaimedBy(0xC)));
    }

    [Fact]
    public void Admits_AClaimWhoseVersionGossipHasBrought_OnlyIfItIncludesWhatIsHere()
    {
        var claim = Held.ClaimedBy(0xB);
        Assert.True(claim.Admits(claim));
        Assert.False(claim.Merge(Entry(3, 9, 0xA, "b")).Admits(claim));
    }

    [Fact]
    public void Merge_TwoWritersOfOneEpoch_TheVersionIsOfTheLaterHomeWhateverItsSequence()
    {
        var merged = Entry(4, 9, 0xB, "b").Merge(Entry(4, 1, 0xC, "c"));
        Assert.Equal(new SessionVersion(4, 1, 0xC), merged.Version);
    }

    [Fact]
    public void Admits_AnEnd_OfTheHomeOnly()
    {
        Assert.True(Held.Admits(SessionEntry.Removed(new(3, 8, 0xA), 9)));
        Assert.False(Held.ClaimedBy(0xB).Admits(SessionEntry.Removed(new(3, 8, 0xA), 9)));
        Assert.False(SessionEntry.Removed(new(3, 8, 0xA), 9).Admits(Held.ClaimedBy(0xB)));
    }

    [Fact]
    public void Store_IntoABucket_RefusesWhatItDoesNotAdmit()
    {
        var id = new SessionId(1, 1);
        var bucket = SessionBucket.Of(id, Held.ClaimedBy(0xB));
        Assert.Throws<HomeTakenException>(() => bucket.Store(id, Entry(3, 8, 0xA, "b")));
        Assert.Equal([1], bucket.Store(id, Entry(4, 1, 0xB, "b")).Find(id)!.Find("b"));
        Assert.Equal([1], SessionBucket.Empty.Store(id, Entry(4, 1, 0xB, "b")).Find(id)!.Find("b"));
    }

    private static SessionEntry Entry(uint epoch, uint sequence, ulong writer, string key)
    {
        var version = new SessionVersion(epoch, sequence, writer);
        return SessionEntry.Live(version, default, 5, [new(key, version, [1])]);
    }
}
