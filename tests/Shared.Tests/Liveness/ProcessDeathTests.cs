using System.Diagnostics;
using Akka.Cluster;
using Pomegranate.Liveness;
using Xunit.Abstractions;

namespace Pomegranate.Shared.Tests.Liveness;

/// <summary>Real processes, really killed: three lighthouses and an observer, the split-brain resolver active throughout.</summary>
public sealed class ProcessDeathTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan RemovalLimit = TimeSpan.FromSeconds(5);

    private readonly List<LighthouseProcess> _lighthouses = [];
    private ClusterObserver _observer = null!;

    public async Task InitializeAsync()
    {
        var seed = FreePort.Next();
        _lighthouses.Add(LighthouseProcess.Start(seed, seed));
        _lighthouses.Add(LighthouseProcess.Start(FreePort.Next(), seed));
        _lighthouses.Add(LighthouseProcess.Start(FreePort.Next(), seed));
        _observer = await ClusterObserver.StartAsync(seed);
        await _observer.UpAsync([.. _lighthouses.Select(lighthouse => lighthouse.Address)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Kill_RemovedLongBeforeTheFailureDetectorWould(int which)
    {
        var victim = _lighthouses[which];
        var clock = Stopwatch.StartNew();

        victim.Kill();

        // The other nodes prove it too, and can be so much faster that the removal comes before our own proof.
        while (await _observer.NextAsync<object>("the dead member's removal", RemovalLimit) is var next)
        {
            output.WriteLine($"{clock.Elapsed.TotalMilliseconds:F0} ms: {next}");
            if (next is DeathProven proven)
            {
                Assert.Equal((victim.Address, DeathEvidence.Refused), (proven.Node.Address, proven.Evidence));
            }
            else if (next is ClusterEvent.MemberRemoved removed)
            {
                Assert.Equal((victim.Address, MemberStatus.Down), (removed.Member.Address, removed.PreviousStatus));
                break;
            }
        }

        // The failure detector and the resolver alone need at least 3 s + 2 s: below that it was the proof.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Kill_AndRestartAtTheSameAddress_TheSuccessorJoins()
    {
        var victim = _lighthouses[1];
        victim.Kill();
        await _observer.NextAsync<ClusterEvent.MemberRemoved>("the dead member's removal", RemovalLimit);

        _lighthouses.Add(LighthouseProcess.Start(victim.Port, _lighthouses[0].Port));

        await _observer.UpAsync(victim.Address);
        var after = await _observer.DuringAsync(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(after, change => change is ClusterEvent.UnreachableMember or ClusterEvent.MemberDowned);
    }

    [Fact]
    public async Task Freeze_ShorterThanThePause_NotSuspectedNorRemoved()
    {
        var frozen = _lighthouses[2];

        frozen.Freeze();
        var meanwhile = await _observer.DuringAsync(TimeSpan.FromSeconds(1.5));
        frozen.Thaw();
        var afterwards = await _observer.DuringAsync(TimeSpan.FromSeconds(1));

        Assert.DoesNotContain(meanwhile.Concat(afterwards), change => change is not UniqueAddress);
    }

    public async Task DisposeAsync()
    {
        // Shown with a test that failed.
        _lighthouses.ForEach(lighthouse => output.WriteLine($"{lighthouse}"));

        // The processes first: with them gone, the observer's leaving cannot wait for anybody.
        _lighthouses.ForEach(lighthouse => lighthouse.Dispose());
        await _observer.DisposeAsync();
    }
}
