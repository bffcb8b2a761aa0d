using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>What a session's home holds back while it may have lost its lease: another home could know better.</summary>
public sealed class SessionActorLeaseTests : SessionActorTestKit
{
    [Fact]
    public async Task Run_ReadsWithoutTheLease_IsAnsweredOnceItIsHeld()
    {
        var lease = new HomeLease(Home.Time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/read");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        lease.Set(long.MaxValue);

        var reply = await ReplyAsync();
        Assert.Equal((1ul, 41), (reply.RequestId.Number, Count(reply)));
    }

    [Fact]
    public async Task Run_CommitsWithoutTheLease_IsAnsweredOnceItIsHeld()
    {
        var lease = new HomeLease(Home.Time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/count", fresh: true);
        await Replica.AcknowledgeAsync();
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);

        lease.Set(long.MaxValue);

        Assert.Equal(1ul, (await ReplyAsync()).RequestId.Number);
    }

    [Fact]
    public async Task Run_WithoutTheLeaseForLong_503WithTheReason()
    {
        var time = new AwaitedTime(Home.Time);
        var lease = new HomeLease(time, Patience);
        var actor = Start(lease);
        Run(actor, 1, "/read");
        (await Replica.NextRecoverAsync()).Answer(Stored(41));
        Run(actor, 2, "/plain");
        Assert.Equal(2ul, (await ReplyAsync()).RequestId.Number);
        await time.IsAwaited.For("the first request to wait for the lease");

        Home.Time.Advance(Patience);

        var refused = await ReplyAsync();
        Assert.Equal((1ul, ReplyKind.Refused, 503), (refused.RequestId.Number, refused.Kind, refused.Status));
        Assert.Contains("has not heard from a majority of the backends", refused.Reason, StringComparison.Ordinal);
    }

    /// <summary>Another's time, and whether anybody waits for it to pass.</summary>
    private sealed class AwaitedTime(TimeProvider time) : TimeProvider
    {
        private readonly TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsAwaited => _awaited.Task;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = time.CreateTimer(callback, state, dueTime, period);
            _awaited.TrySetResult();
            return timer;
        }
    }
}
