using Pomegranate.Shared.Tests.Liveness;

namespace Pomegranate.Shared.Tests.Clustering;

/// <summary>What a supervisor sees of a real process: 75 asks for a restart, 0 does not.</summary>
public sealed class ExitCodeTests : IAsyncLifetime
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private LighthouseProcess _seed = null!;
    private LighthouseProcess _node = null!;
    private ClusterObserver _observer = null!;

    public async Task InitializeAsync()
    {
        var seed = FreePort.Next();
        _seed = LighthouseProcess.Start(seed, seed);
        _node = LighthouseProcess.Start(FreePort.Next(), seed);
        _observer = await ClusterObserver.StartAsync(seed);
        await _observer.UpAsync(_seed.Address, _node.Address);
    }

    [Fact]
    public async Task Downed_75()
    {
        _observer.Cluster.Down(_node.Address);

        Assert.Equal(75, await _node.ExitCodeAsync(ExitLimit));
    }

    [Fact]
    public async Task LeftByCommand_0()
    {
        _observer.Cluster.Leave(_node.Address);

        Assert.Equal(0, await _node.ExitCodeAsync(ExitLimit));
    }

    [Fact]
    public async Task Terminated_0()
    {
        _node.Terminate();

        Assert.Equal(0, await _node.ExitCodeAsync(ExitLimit));
    }

    public async Task DisposeAsync()
    {
        _node.Dispose();
        _seed.Dispose();
        await _observer.DisposeAsync();
    }
}
