using Pomegranate.Tests;

namespace Pomegranate.Pbm.Tests;

/// <summary>pbm against two real nodes: the two ends agree.</summary>
public sealed class RealNodeTests
{
    [Fact]
    public async Task ShowHealthAndLeave_WorkOnARealCluster()
    {
        var (first, second) = await TestNode.StartPairAsync();
        await using var a = first;
        await using var b = second;
        var endpoint = first.Endpoint.Authority;

        var show = await PbmRun.OfAsync("cluster show", endpoint);
        Assert.Equal(0, show.ExitCode);
        Assert.Contains($"{second.Address} | [frontend] | up | reachable | ", show.Out, StringComparison.Ordinal);
        Assert.EndsWith("Count: 2 nodes\n", show.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await PbmRun.OfAsync("health", endpoint)).ExitCode);

        foreach (var palette in (string[])["cluster status", "cluster leader", "actor hierarchy", "actor system", "cluster down-unreachable"])
        {
            Assert.Equal((0, ""), await PbmRun.OfAsync(palette, endpoint) is var run ? (run.ExitCode, run.Error) : default);
        }

        var refused = await PbmRun.OfAsync("session count", endpoint);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Ask a backend", refused.Error, StringComparison.Ordinal);

        // Without -a it is the asked node that leaves; the other sees it go.
        var leave = await PbmRun.OfAsync("cluster leave", second.Endpoint.Authority);
        Assert.Equal((0, $"{second.Address} is leaving.\n"), (leave.ExitCode, leave.Out));
        await first.AwaitMembersUpAsync(1);
    }
}
