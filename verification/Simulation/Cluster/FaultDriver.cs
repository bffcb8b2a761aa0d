using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Plans;

namespace Pomegranate.Simulation.Cluster;

/// <summary>Does what the plan says to the cluster, and undoes it.</summary>
internal sealed class FaultDriver(World world)
{
    private readonly Rng _chance = new(Rng.Mix(world.Plan.Seed, 3));

    public void Schedule()
    {
        foreach (var fault in world.Plan.Faults)
        {
            Schedule(fault);
        }
    }

    private void Schedule(Fault fault)
    {
        world.At(fault.At, () => world.Story?.Add(world.Now, "FAULT", fault.Describe(world.Plan.Names)));
        var host = fault.Hosts.First();
        switch (fault.Kind)
        {
            case FaultKind.Kill or FaultKind.PowerLoss:
                Do(fault.At, host, process =>
                {
                    process.IsKilled = true;
                    world.End(process, fault.Kind == FaultKind.Kill, fault.Length, "is dead");
                });
                break;
            case FaultKind.Hang:
                Do(fault.At, host, process => process.HangsUntil = fault.End);
                break;
            case FaultKind.Slow:
                world.At(fault.At, () => world.Network.SetSlow(host, fault.Extra));
                world.At(fault.End, () => world.Network.SetSlow(host, 0));
                break;
            case FaultKind.Leave:
                Do(fault.At, host, process => Leave(process, fault.Length));
                break;
            case FaultKind.Join:
                world.At(fault.At, () => world.Start(host));
                Do(fault.End, host, process => Leave(process, -1));
                break;
            case FaultKind.SecondHome:
                Do(fault.At, host, process => Do(fault.At, fault.Others.First(), frontend =>
                {
                    if (world.HasSecondHomes && process.Backend is { } backend && frontend.Gateway is { } gateway)
                    {
                        for (var shard = 0; shard < world.Sessions.Count; shard++)
                        {
                            backend.TakeForItsOwn(shard);
                            gateway.Believe(shard, process.Id);
                        }
                    }
                }));
                break;
            case FaultKind.Flap:
                for (var at = fault.At; at < fault.End; at += 2 * fault.Extra)
                {
                    Cut(fault, at, Math.Min(at + fault.Extra, fault.End), 0, bothWays: true);
                }

                break;
            default:
                Cut(fault, fault.At, fault.End, fault.Kind == FaultKind.StaggeredCut ? fault.Extra : 0, fault.Kind != FaultKind.OneWayCut);
                break;
        }
    }

    private void Do(long at, int host, Action<Process> what) => world.At(at, () =>
    {
        if (world.RunningAt(host) is { } process)
        {
            what(process);
        }
    });

    private void Leave(Process process, long restartAfter)
    {
        world.SetRestartDelay(process.Host, restartAfter);
        if (process.IsBackend)
        {
            process.Backend!.Leave();
        }
        else if (process.Members.IsUp)
        {
            process.Members.MarkLeaving();
        }

        // A supervisor waits for so long, and kills.
        world.At(world.Now + (30 * Span.Second), () =>
        {
            if (!process.IsGone)
            {
                process.IsKilled = true;
                world.End(process, true, restartAfter, "is killed, because it does not stop");
            }
        });
    }

    private void Cut(Fault fault, long from, long to, long apart, bool bothWays)
    {
        foreach (var left in fault.Hosts.All())
        {
            foreach (var right in fault.Others.All())
            {
                Link(left, right);
                if (bothWays)
                {
                    Link(right, left);
                }
            }
        }

        void Link(int sender, int receiver)
        {
            var at = from + (apart > 0 ? _chance.Between(0, apart) : 0);
            world.At(at, () => world.Network.Cut(sender, receiver, fault.Holds));
            world.At(Math.Max(at, to + (apart > 0 ? _chance.Between(0, apart) : 0)), () => world.Network.Heal(sender, receiver, world));
        }
    }
}
