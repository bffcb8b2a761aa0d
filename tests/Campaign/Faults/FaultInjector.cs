using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>Does faults to the nodes, and undoes them.</summary>
internal sealed class FaultInjector(CampaignNodes nodes, Action<string> say)
{
    private static readonly TimeSpan ChurnEvery = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a node that was told to leave may take before it is killed.</summary>
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(45);

    private Topology Topology => nodes.Topology;

    /// <summary>Completes when every fault is undone.</summary>
    public Task RunAsync(Episode episode) => Task.WhenAll(episode.Faults.Select(RunAsync));

    private async Task RunAsync(Fault fault)
    {
        await Task.Delay(fault.After);
        say($"{fault}");
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                nodes.Kill(fault.Node);
                await Task.Delay(fault.Lasts);
                await StartAsync(fault.Node);
                break;
            case FaultKind.Full:
                Topology.Backends.ToList().ForEach(nodes.Kill);
                await Task.WhenAll(Topology.Backends.Select(StartAsync));
                break;
            case FaultKind.Stop:
                await LeaveAsync(fault.Node);
                await Task.Delay(fault.Lasts);
                await StartAsync(fault.Node);
                break;
            case FaultKind.Join:
                await StartAsync(fault.Node);
                await Task.Delay(fault.Lasts);
                await LeaveAsync(fault.Node);
                break;
            case FaultKind.Hang:
                nodes.Hang(fault.Node);
                await Task.Delay(fault.Lasts);
                nodes.Resume(fault.Node);
                break;
            case FaultKind.Churn:
                await RepeatAsync(fault.Lasts, () => ChurnEvery, () => nodes.Network!.ResetConnections(fault.Node));
                break;
            case FaultKind.Flap:
                await FlapAsync(fault);
                break;
            default:
                var cut = CutOf(fault);
                nodes.Network!.Cut(cut);
                await Task.Delay(fault.Lasts);
                nodes.Network.Mend(cut);
                break;
        }

        say($"end of {fault}");
    }

    private async Task FlapAsync(Fault fault)
    {
        var random = new Random((int)fault.Lasts.TotalMilliseconds);
        var cut = CutOf(fault);
        TimeSpan Some() => TimeSpan.FromMilliseconds(random.Next(200, 3000));
        await RepeatAsync(fault.Lasts, Some, () =>
        {
            nodes.Network!.Cut(cut);
            Thread.Sleep(Some());
            nodes.Network.Mend(cut);
        });
    }

    private static async Task RepeatAsync(TimeSpan lasts, Func<TimeSpan> pause, Action act)
    {
        var until = DateTime.UtcNow + lasts;
        do
        {
            await Task.Run(act);
            await Task.Delay(pause());
        }
        while (DateTime.UtcNow < until);
    }

    private async Task StartAsync(string node)
    {
        await nodes.EndedAsync(node);
        nodes.Start(node);
    }

    private async Task LeaveAsync(string node)
    {
        nodes.Terminate(node);
        try
        {
            await nodes.EndedAsync(node).WaitAsync(LeaveWithin);
        }
        catch (TimeoutException)
        {
            say($"{node} has not left within {LeaveWithin.TotalSeconds} s and is killed");
            nodes.Kill(node);
            await nodes.EndedAsync(node);
        }
    }

    private List<(string From, string To)> CutOf(Fault fault)
    {
        var all = Topology.Regular.Append(Topology.Spare).ToList();
        var others = all.Where(node => node != fault.Node).ToList();
        return fault.Kind switch
        {
            FaultKind.Deaf => [.. others.Select(other => (other, fault.Node))],
            FaultKind.Mute => [.. others.Select(other => (fault.Node, other))],
            FaultKind.Split => Between([fault.Node, fault.Other!], others.Where(other => other != fault.Other)),
            FaultKind.Pair or FaultKind.Rift => Between([fault.Node], [fault.Other!]),
            FaultKind.Apart => Between(Topology.Frontends, [.. Topology.Backends, Topology.Spare]),

            // Both sides have a frontend, so that clients are told of what either side's backends acknowledge.
            FaultKind.Outvote => Between(
                [fault.Node, Topology.Lighthouse, .. Topology.Frontends.SkipLast(1)],
                [.. Topology.Backends.Where(node => node != fault.Node), Topology.Frontends[^1]]),
            _ => Between([fault.Node], others),
        };
    }

    private static List<(string From, string To)> Between(IEnumerable<string> left, IEnumerable<string> right) =>
        [.. left.SelectMany(a => right.SelectMany(b => new[] { (a, b), (b, a) }))];
}
