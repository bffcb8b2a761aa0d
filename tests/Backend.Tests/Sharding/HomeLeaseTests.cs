using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.Sharding;

public sealed class HomeLeaseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly HomeLease _lease;

    public HomeLeaseTests() => _lease = new HomeLease(_time, Patience);

    [Fact]
    public void IsHeld_NeverRenewed_Not() => Assert.False(_lease.IsHeld);

    [Fact]
    public void IsHeld_UntilWhatItWasRenewedTo()
    {
        Renew(TimeSpan.FromSeconds(1));
        Assert.True(_lease.IsHeld);
        Assert.True(_lease.HeldAsync().IsCompletedSuccessfully);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.True(_lease.IsHeld);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public void Set_ToThePast_EndsIt()
    {
        Renew(TimeSpan.FromSeconds(3));
        _lease.Set(long.MinValue);

        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public async Task HeldAsync_OthersHaveWaitedForLong_FailsAtOnce()
    {
        var first = _lease.HeldAsync();
        _time.Advance(Patience);
        await Assert.ThrowsAsync<SessionCommitException>(() => first.For("the first to fail"));

        await Assert.ThrowsAsync<SessionCommitException>(() => _lease.HeldAsync().For("the failure"));
    }

    [Fact]
    public async Task HeldAsync_NodeWasSuspendedForLong_WaitsForTheNextRenewal()
    {
        Renew(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromHours(1));

        var waiting = _lease.HeldAsync();
        Assert.False(waiting.IsCompleted);
        Renew(TimeSpan.FromSeconds(1));

        await waiting.For("the lease to be held");
    }

    [Fact]
    public async Task HeldAsync_WithoutIt_WaitsUntilItIsRenewed()
    {
        var waiting = _lease.HeldAsync();
        Renew(TimeSpan.Zero);
        Assert.False(waiting.IsCompleted);

        Renew(TimeSpan.FromSeconds(1));
        await waiting.For("the lease to be held");
    }

    [Fact]
    public async Task HeldAsync_WithoutItForLong_Fails()
    {
        var waiting = _lease.HeldAsync();

        _time.Advance(Patience);

        var failure = await Assert.ThrowsAsync<SessionCommitException>(() => waiting.For("the wait to end"));
        Assert.Contains("For 10 s or longer (Pomegranate:Replication:CommitTimeout) this node has not heard from a majority", failure.Message, StringComparison.Ordinal);
    }

    private void Renew(TimeSpan fromNow) => _lease.Set(At(fromNow));

    private long At(TimeSpan fromNow) => _time.GetTimestamp() + (long)(fromNow.TotalSeconds * _time.TimestampFrequency);
}
