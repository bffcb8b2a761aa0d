using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>Does faults to the nodes, and undoes them.</summary>
/// <param name="broken">Told of a promise that a fault itself has shown to be broken.</param>
internal sealed class FaultInjector(CampaignNodes nodes, WholeCheck whole, Action<string> say, Action<Checking.ViolationKind, string> broken)
{
    private static readonly TimeSpan ChurnEvery = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a node that was told to leave may take before it is killed.</summary>
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(45);

    /// <summary>How long a node may take to come up before a fault goes on without it.</summary>
    private static readonly TimeSpan JoinWithin = TimeSpan.FromSeconds(45);

    /// <summary>How long a node may take to find out that its file is damaged.</summary>
    private static readonly TimeSpan RefuseWithin = TimeSpan.FromSeconds(30);

    /// <summary>Less than makes anybody suspect anybody.</summary>
    private static readonly TimeSpan AheadFor = TimeSpan.FromSeconds(1);

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
                await LastAsync(fault);
                await StartAsync(fault.Node);
                break;
            case FaultKind.Full:
                Topology.Regular.ToList().ForEach(nodes.Kill);
                await Task.WhenAll(Topology.Regular.Select(StartAsync));
                break;
            case FaultKind.Halt:
                await Task.WhenAll(Topology.Regular.Select(LeaveAsync));
                await Task.WhenAll(Topology.Regular.Select(StartAsync));
                break;
            case FaultKind.Relay:
                await StartAsync(Topology.Spare);
                if (!await whole.HasJoinedAsync(Topology.Spare, ready: fault.Other == "ready", JoinWithin))
                {
                    say($"{Topology.Spare} is not {fault.Other} within {JoinWithin.TotalSeconds} s");
                }

                await KillAheadOfAsync(fault.Node);
                await LastAsync(fault);
                await StartAsync(fault.Node);
                await whole.HasJoinedAsync(fault.Node, ready: true, JoinWithin);
                await LeaveAsync(Topology.Spare);
                break;
            case FaultKind.Slow:
                await SlowAsync(fault);
                break;
            case FaultKind.Stuck:
                await Task.Run(() => nodes.Labs.Disks!.Freeze(fault.Node));
                await LastAsync(fault);
                nodes.Labs.Disks!.Thaw(fault.Node);
                break;
            case FaultKind.Fill:
                await Task.Run(() => nodes.Labs.Disks!.Fill(fault.Node));
                await LastAsync(fault);
                nodes.Labs.Disks!.Free(fault.Node);
                break;
            case FaultKind.Damage:
                await DamageAsync(fault);
                break;
            case FaultKind.Clock:
                nodes.Labs.Clocks!.Set(fault.Node, fault.Ahead);
                await LastAsync(fault);
                nodes.Labs.Clocks.Set(fault.Node, TimeSpan.Zero);
                break;
            case FaultKind.Skew:
                nodes.Kill(fault.Node);
                await nodes.EndedAsync(fault.Node);
                nodes.Labs.Clocks!.Set(fault.Node, fault.Ahead);
                nodes.Start(fault.Node);
                await whole.HasJoinedAsync(fault.Node, ready: true, JoinWithin);
                await LastAsync(fault);
                nodes.Labs.Clocks.Set(fault.Node, TimeSpan.Zero);
                break;
            case FaultKind.Squeeze:
                say($"{fault.Node} may have {nodes.Labs.Memory!.Squeeze(fault.Node)} MB");
                await LastAsync(fault);
                nodes.Labs.Memory.Release(fault.Node);
                break;
            case FaultKind.Stop:
                await LeaveAsync(fault.Node);
                await LastAsync(fault);
                await StartAsync(fault.Node);
                break;
            case FaultKind.Join:
                await StartAsync(fault.Node);
                await LastAsync(fault);
                await LeaveAsync(fault.Node);
                break;
            case FaultKind.Hang:
                nodes.Hang(fault.Node);
                await LastAsync(fault);
                nodes.Resume(fault.Node);
                break;
            case FaultKind.Churn:
                await RepeatAsync(fault.Lasts, () => ChurnEvery, () => nodes.Labs.Network!.ResetConnections(fault.Node));
                break;
            case FaultKind.Flap:
                await FlapAsync(fault);
                break;
            case FaultKind.Young:
                await YoungAsync(fault);
                break;
            case FaultKind.Part or FaultKind.Stagger or FaultKind.OneWay or FaultKind.Recut:
                await PartitionInjector.RunAsync(fault.Partition!, nodes.Labs.Network!);
                break;
            default:
                var cut = CutOf(fault);
                nodes.Labs.Network!.Cut(cut);
                await LastAsync(fault);
                nodes.Labs.Network!.Mend(cut);
                break;
        }

        say($"end of {fault}");
    }

    /// <summary>No event to wait for: how long it lasts is the fault.</summary>
    private static Task LastAsync(Fault fault) => Task.Delay(fault.Lasts);

    /// <summary>
    /// Kills a backend while another has not heard of its last writes: these are then with the third alone, beside the
    /// empty one and the one that missed them.
    /// </summary>
    private async Task KillAheadOfAsync(string node)
    {
        List<(string From, string To)> cut = nodes.Labs.Network is null || Topology.BackendCount < 3
            ? [] : [(node, Topology.Backends.First(other => other != node))];
        nodes.Labs.Network?.Cut(cut);
        await Task.Delay(cut.Count == 0 ? TimeSpan.Zero : AheadFor);
        nodes.Kill(node);
        say($"{node} is killed");
        await nodes.EndedAsync(node);
        nodes.Labs.Network?.Mend(cut);
    }

    private async Task YoungAsync(Fault fault)
    {
        List<string> young = fault.Other is { } other ? [fault.Node, other] : [fault.Node];
        young.ForEach(nodes.Kill);
        await LastAsync(fault);
        await Task.WhenAll(young.Select(StartAsync));
        if ((await Task.WhenAll(young.Select(node => whole.HasJoinedAsync(node, ready: true, JoinWithin)))).Contains(false))
        {
            // What comes then would be a second fault, before the first is over.
            say($"{string.Join(" or ", young)} is not ready within {JoinWithin.TotalSeconds} s");
            return;
        }

        await RunAsync(fault.Then!);
    }

    private async Task SlowAsync(Fault fault)
    {
        var random = new Random((int)fault.Lasts.TotalMilliseconds);
        var disks = nodes.Labs.Disks!;
        await RepeatAsync(fault.Lasts, () => TimeSpan.FromMilliseconds(random.Next(5, 60)), () =>
        {
            disks.Freeze(fault.Node);
            Thread.Sleep(random.Next(20, 500));
            disks.Thaw(fault.Node);
        });
    }

    private async Task DamageAsync(Fault fault)
    {
        nodes.Kill(fault.Node);
        await nodes.EndedAsync(fault.Node);
        if (nodes.Labs.Disks!.Damage(fault.Node) is { } position)
        {
            say($"byte {position} of what {fault.Node} has written is changed");
            var logged = nodes.LogOf(fault.Node).Length;
            nodes.StartOnce(fault.Node);
            try
            {
                await nodes.EndedAsync(fault.Node).WaitAsync(RefuseWithin);
                if (!nodes.LogOf(fault.Node)[logged..].Contains(nodes.Labs.Disks.Root.FullName, StringComparison.Ordinal))
                {
                    broken(Checking.ViolationKind.ServedDamage, $"{fault.Node} does not name its damaged file");
                }

                say($"{fault.Node} has refused to start");
            }
            catch (TimeoutException)
            {
                broken(Checking.ViolationKind.ServedDamage, $"{fault.Node} runs with a damaged file (byte {position})");
                nodes.Kill(fault.Node);
                await nodes.EndedAsync(fault.Node);
            }
        }

        // What its operator is told to do: away with the directory, and the others' copies come back.
        nodes.Labs.Disks.Clear(fault.Node);
        nodes.Start(fault.Node);
    }

    private async Task FlapAsync(Fault fault)
    {
        var random = new Random((int)fault.Lasts.TotalMilliseconds);
        var cut = CutOf(fault);
        TimeSpan Some() => TimeSpan.FromMilliseconds(random.Next(200, 3000));
        await RepeatAsync(fault.Lasts, Some, () =>
        {
            nodes.Labs.Network!.Cut(cut);
            Thread.Sleep(Some());
            nodes.Labs.Network!.Mend(cut);
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
