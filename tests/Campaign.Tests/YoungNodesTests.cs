using System.Collections.Immutable;
using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Clients;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Histories;
using Pomegranate.Campaign.Nodes;
using Pomegranate.Campaign.Running;
using Pomegranate.LocalCluster.Plan;
using Xunit.Abstractions;

namespace Pomegranate.Campaign.Tests;

/// <summary>
/// Others have more patience with nodes that have just started, so a cut is noticed on them last. Once that was enough to
/// lose writes: the side that most backends were on went on acknowledging while the other removed them one by one.
/// </summary>
[Collection(WholeClusters.Name)]
public sealed class YoungNodesTests(ITestOutputHelper output)
{
    private const int Sessions = 24;

    /// <summary>Longer than a node counts as one that has just started.</summary>
    private static readonly TimeSpan OldAfter = TimeSpan.FromSeconds(10.5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly string[] Young = ["backend3", "frontend2"];
    private static readonly Topology Nodes = new(3, 2);

    /// <summary>As many members as on the other side, and fewer backends; all of them old.</summary>
    private static readonly ImmutableList<string> Few = [Topology.Lighthouse, "backend1", "frontend1"];

    private static readonly List<(string From, string To)> Cut =
        [.. PartitionShapes.Plain(Few, Nodes.Regular.Except(Few), TimeSpan.Zero).Outages.Select(link => (link.From, link.To))];

    [NetworkFact]
    public async Task Cut_SecondsAfterTwoNodesHaveStarted_NothingAcknowledgedIsGone()
    {
        var logs = Directory.CreateTempSubdirectory("campaign-").FullName;
        var repository = Repository.Find();
        var clock = new RunClock();
        using var history = new History(Path.Combine(logs, "history.jsonl"));
        using var labs = Labs.Create(Nodes, new HashSet<Facility> { Facility.Network }, logs);
        await using var nodes = new CampaignNodes(
            Nodes, Programs.Of(repository, repository), labs, CampaignRun.SettingsFor(Nodes.BackendCount), logs, Say);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var whole = new WholeCheck(nodes, http);
        Nodes.Regular.ToList().ForEach(nodes.Start);
        Assert.Null(await whole.WaitAsync(TimeSpan.FromSeconds(90), CancellationToken.None));
        var began = clock.Now;
        Say("the cluster is whole");

        await using (var counters = await Counters.StartAsync(Sessions, nodes.Frontends, clock, history, Deadline))
        {
            await counters.AllServeAllAsync(began + OldAfter.TotalMilliseconds);
            foreach (var node in Young)
            {
                nodes.Kill(node);
                await nodes.EndedAsync(node).WaitAsync(Deadline);
                nodes.Start(node);
            }

            Assert.All(await Task.WhenAll(Young.Select(node => whole.HasJoinedAsync(node, ready: true, Deadline))), Assert.True);
            await counters.AllServeAllAsync(clock.Now);
            Say("two nodes have started again, and all serve");

            labs.Network!.Cut(Cut);
            var parted = clock.Now;
            await counters.OneSideServesAllAsync(parted);
            Say("one side, alone, serves all");

            // Nor may the other come to answer now.
            await counters.EverybodyKnowsAsync(clock.Now);
            labs.Network!.Mend(Cut);
            Assert.Null(await whole.WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None));
            Say("the network is whole again, and the cluster");
            await counters.AllServeAllAsync(clock.Now);
        }

        Assert.Equal("", string.Join(Environment.NewLine, HistoryChecker.Check(history.Operations, Deadline)));
        Directory.Delete(logs, recursive: true);

        void Say(string what) => output.WriteLine($"{clock.Now / 1000:0.0} s  {what}");
    }
}
