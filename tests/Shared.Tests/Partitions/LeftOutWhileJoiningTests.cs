using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Pomegranate.Partitions;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Partitions;

/// <summary>Nodes that a cluster has let in and then gone on without, before they heard of either. On Akka itself.</summary>
public sealed class LeftOutWhileJoiningTests : IAsyncLifetime
{
    private readonly ActorSystem _member = Start("leader-actions-interval = 1h");
    private readonly ActorSystem _joining = Start("leader-actions-interval = 1h");

    public Task InitializeAsync()
    {
        Cluster.Get(_member).Join(Cluster.Get(_member).SelfAddress);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task NobodyMakesItUp_ItEnds()
    {
        var time = new Clock();
        await LetInAsync();

        _joining.ActorOf(StrandedWatch.Props(TimeSpan.FromMilliseconds(20), time));
        await time.AskedAsync(times: 2);
        Assert.False(_joining.WhenTerminated.IsCompleted);
        time.Passes(StrandedWatch.Patience);

        await _joining.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20));
        Environment.ExitCode = 0;
    }

    [Fact]
    public async Task OneThatIsUp_IsLeftAlone()
    {
        var time = new Clock();

        var watch = _member.ActorOf(StrandedWatch.Props(TimeSpan.FromMilliseconds(20), time));

        var ended = await watch.WatchAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(ended);
        Assert.False(_member.WhenTerminated.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASeedRefusesIt_BeforeItIsAMember_ItEnds(bool isSeed)
    {
        var seed = Cluster.Get(_member).SelfAddress;
        var watch = _joining.ActorOf(RemovalWatch.Props(isSeed ? [seed] : []));
        await watch.Ask<ActorIdentity>(new Identify(1), TimeSpan.FromSeconds(10));

        _joining.EventStream.Publish(new Akka.Remote.ThisActorSystemQuarantinedEvent(Cluster.Get(_joining).SelfAddress, seed));

        if (isSeed)
        {
            await _joining.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20));
            Environment.ExitCode = 0;
        }
        else
        {
            await watch.Ask<ActorIdentity>(new Identify(2), TimeSpan.FromSeconds(10));
            Assert.False(_joining.WhenTerminated.IsCompleted);
        }
    }

    public async Task DisposeAsync()
    {
        await _joining.Terminate();
        await _member.Terminate();
    }

    private async Task LetInAsync()
    {
        Cluster.Get(_joining).Join(Cluster.Get(_member).SelfAddress);
        await Eventually.AwaitAsync(
            "the joining node knows that it was let in",
            () => Task.FromResult(Cluster.Get(_joining).State.Members.FirstOrDefault(m => m.UniqueAddress.Equals(Cluster.Get(_joining).SelfUniqueAddress))?.Status),
            status => status == MemberStatus.Joining);
    }

    private static ActorSystem Start(string cluster) => ActorSystem.Create("left-out", ConfigurationFactory.ParseString($$"""
        akka {
          actor.provider = cluster
          loglevel = ERROR
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
          coordinated-shutdown.exit-clr = off
          cluster { {{cluster}} }
        }
        """));

    /// <summary>Time that passes when told to, and that knows how often it was asked.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _now;
        private int _asked;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _asked);
            return Volatile.Read(ref _now);
        }

        public void Passes(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

        public Task<int> AskedAsync(int times) => Eventually.AwaitAsync(
            $"the time was asked for {times} times", () => Task.FromResult(Volatile.Read(ref _asked)), asked => asked >= times);
    }
}
