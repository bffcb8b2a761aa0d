using Pomegranate.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Pomegranate.EndToEnd.Tests.Upgrades;

/// <summary>
/// A cluster of the previous build becomes one of this build, node by node and under load, and the other way round: an
/// upgrade that is taken back. Between two steps both builds serve together. Nothing may fail, nothing acknowledged may be
/// lost, nothing may run twice.
/// </summary>
[Collection("cluster")]
public class RollingUpgradeTests(ITestOutputHelper output)
{
    private const int Nodes = 6;

    [PreviousBuildFact]
    public async Task Upgrade_NodeByNodeUnderLoad_NothingFailsNothingIsLost() =>
        await RollAsync(from: await PreviousBuild.MakeAsync(), to: RepoPaths.Root);

    [PreviousBuildFact]
    public async Task Downgrade_NodeByNodeUnderLoad_NothingFailsNothingIsLost() =>
        await RollAsync(from: RepoPaths.Root, to: await PreviousBuild.MakeAsync());

    private async Task RollAsync(string from, string to)
    {
        await using var cluster = await ClusterProcess.StartAsync(from: from);
        await using var load = new CounterLoad(cluster.Frontends);
        await load.AwaitProgressAsync(30);
        foreach (var node in cluster.Nodes.Select(n => n.Name))
        {
            Assert.Equal(from, cluster[node].Build);
            load.ResetPauses();
            cluster.Stop(node);
            await cluster.AwaitDeadAsync(node);
            await load.AwaitProgressAsync(10);
            await cluster.RestartAsync(node, to);
            await cluster.AwaitMembersAsync(Nodes);
            await load.AwaitProgressAsync(30);
            output.WriteLine(load.Report($"{node} rolled"));
            load.AssertNoViolation();
            Assert.Equal(to, cluster[node].Build);
        }
    }
}
