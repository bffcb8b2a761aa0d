using Pomegranate.Backend.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>The host's clock may be set while the node runs; sessions do not notice.</summary>
public sealed class SessionClockTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Host _host = new();

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void Now_HostsClockIsSet_OnlyWhatHasPassedCounts(int hours)
    {
        var clock = new SessionClock(_host);
        _host.Set += TimeSpan.FromHours(hours);
        _host.Passed += TimeSpan.FromSeconds(5);
        Assert.Equal(Start.AddSeconds(5).ToUnixTimeMilliseconds(), clock.Now);
    }

    [Fact]
    public void Adopt_AnotherNodesTime_GoesOnFromThere()
    {
        _host.Set = TimeSpan.FromHours(3);
        var clock = new SessionClock(_host);
        _host.Passed += TimeSpan.FromSeconds(5);
        Assert.Equal(-TimeSpan.FromHours(3).TotalMilliseconds, clock.Adopt(Start.AddSeconds(5).ToUnixTimeMilliseconds()));
        _host.Passed += TimeSpan.FromSeconds(2);
        Assert.Equal(Start.AddSeconds(7).ToUnixTimeMilliseconds(), clock.Now);
    }

    private sealed class Host : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        /// <summary>By how much somebody has put the clock forward.</summary>
        public TimeSpan Set { get; set; }

        public override DateTimeOffset GetUtcNow() => Start + Passed + Set;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
