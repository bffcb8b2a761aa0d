using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Histories;
using Pomegranate.Campaign.Nodes;
using Pomegranate.Campaign.Running;
using Pomegranate.LocalCluster.Plan;
using Xunit.Abstractions;

namespace Pomegranate.Campaign.Tests;

/// <summary>A campaign as short as can be: two backends, one of them killed under load.</summary>
[Collection(WholeClusters.Name)]
public sealed class SmokeTests(ITestOutputHelper output)
{
    private static readonly Topology Nodes = new(2, 1);

    [Fact]
    public async Task Run_KillOfABackend_NoViolation()
    {
        FaultKind[] kinds = [FaultKind.Kill];
        var seed = Enumerable.Range(1, 1000).First(seed =>
            FaultSchedule.Create(seed, kinds, Nodes).First().Faults is [var fault] && Nodes.Backends.Contains(fault.Node) && fault.Lasts.TotalSeconds < 1);
        var logs = Directory.CreateTempSubdirectory("campaign-").FullName;
        var repository = Repository.Find();
        var run = new CampaignRun(
            new CampaignOptions(
                seed, 1, TimeSpan.FromMinutes(2), kinds, new HashSet<int> { 1 }, Nodes.BackendCount, Nodes.FrontendCount, 8, TimeSpan.FromMilliseconds(100),
                TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90), 1000, logs, true, null, null, null, false, null, []),
            Programs.Of(repository, repository), seed, output.WriteLine);
        var result = await run.RunAsync(CancellationToken.None);

        Assert.Equal("", string.Join(Environment.NewLine, result.Violations));
        Assert.NotNull(Assert.Single(result.Episodes).WholeAfter);

        // The history that was kept says the same as the one in memory, and speaks of something.
        var history = History.Load(result.Path);
        Assert.Empty(HistoryChecker.Check(history.Operations, TimeSpan.FromSeconds(30)));
        Assert.Contains(history.Operations, operation => operation is { IsAppend: true, Outcome: Outcome.Done });
        Assert.Contains(history.Faults, fault => fault.What.StartsWith("kill ", StringComparison.Ordinal));
        Directory.Delete(logs, recursive: true);
    }
}
