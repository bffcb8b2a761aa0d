using Pomegranate.Campaign.Histories;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Plans;

/// <summary>Draws a schedule from a seed.</summary>
internal static class PlanMaker
{
    private const long FirstFault = 1 * Span.Second;

    public static Plan Of(ulong seed)
    {
        var random = new Rng(Rng.Mix(seed, 1));
        var backends = random.Of(2, 3, 3, 3, 3, 3, 4, 5);
        var frontends = random.Of(2, 2, 2, 3);
        var hosts = backends + frontends + 2;
        var rates = new long[hosts];
        var patience = new double[hosts];
        var uneven = random.Chance(0.2);
        for (var host = 0; host < hosts; host++)
        {
            rates[host] = random.Between(-30_000, 30_000);
            patience[host] = uneven && random.Chance(0.5) ? random.Of(0.5, 1.5, 2.5) : 1;
        }

        var plan = new Plan(
            seed, backends, frontends, [], [], rates, patience,
            Loss: random.Of(0, 0, 0.005, 0.03),
            Doubling: random.Of(0, 0, 0.02),
            Jitter: random.Of(500L, 2_000, 20_000, 200_000),
            Gossips: random.Chance(0.4),
            HasDisks: random.Chance(0.3));
        return WithSecondHomes(plan with { Faults = Faults(plan, random), Clients = Clients(plan, random) });
    }

    private static List<Fault> Faults(Plan plan, Rng random)
    {
        var faults = new List<Fault>();
        var at = FirstFault + random.Between(0, 3 * Span.Second);
        var count = random.Of(1, 2, 2, 3, 3, 4, 5, 7);
        var ends = new long[plan.Hosts];
        for (var i = 0; i < count; i++)
        {
            if (Draw(plan, random, at) is { } fault)
            {
                // A process that is down can neither be killed nor join again.
                var isProcess = fault.Kind is FaultKind.Kill or FaultKind.PowerLoss or FaultKind.Leave or FaultKind.Join or FaultKind.Hang;
                if (!isProcess || ends[fault.Hosts.First()] < fault.At)
                {
                    faults.Add(fault);
                    if (isProcess)
                    {
                        ends[fault.Hosts.First()] = fault.End + (fault.Kind == FaultKind.Join ? 4 * Span.Second : random.Of(100 * Span.Millisecond, 500 * Span.Millisecond, 2 * Span.Second));
                    }
                }
            }

            // Often close to the one before: within its detection, its decision, its recovery.
            at += random.Of(
                random.Between(0, 300 * Span.Millisecond), random.Between(0, 2 * Span.Second), random.Between(0, 4 * Span.Second),
                random.Between(1 * Span.Second, 8 * Span.Second));
        }

        return faults;
    }

    /// <summary>Drawn apart, so that a seed has the other faults that it had before there was this one.</summary>
    /// <remarks>
    /// Not with a network that is cut or slow, or loses messages: a home that does not hear of the other reads what is old until then
    /// (docs/architecture.md). And no PUT whose effect is not idempotent: sent to one home and then to the other it is run by both.
    /// </remarks>
    private static Plan WithSecondHomes(Plan plan)
    {
        var random = new Rng(Rng.Mix(plan.Seed, 5));
        var count = random.Of(0, 0, 0, 1, 1, 3);
        if (count == 0 || plan.Loss > 0 || plan.Faults.Any(fault => fault.Others != 0 || fault.Kind == FaultKind.Slow))
        {
            return plan;
        }

        var homes = Enumerable.Range(0, count).Select(_ => new Fault(
            FaultKind.SecondHome, random.Between(FirstFault, 15 * Span.Second), 0, Bits.Of(1 + random.Below(plan.Backends)),
            Bits.Of(plan.Spare + 1 + random.Below(plan.Frontends)))).ToList();
        return plan with
        {
            Faults = [.. plan.Faults, .. homes],
            Clients = [.. plan.Clients.Select(client => client with
            {
                Steps = [.. client.Steps.Select(step => step.Kind == OperationKind.AppendPut ? step with { Kind = OperationKind.AppendPost } : step)],
            })],
        };
    }

    private static Fault? Draw(Plan plan, Rng random, long at)
    {
        var length = random.Of(
            random.Between(300 * Span.Millisecond, 2 * Span.Second), random.Between(2 * Span.Second, 6 * Span.Second), random.Between(6 * Span.Second, 14 * Span.Second));
        var one = Bits.Of(Host(plan, random));
        switch (random.Below(20))
        {
            case < 4:
                return new(FaultKind.Kill, at, random.Of(100 * Span.Millisecond, 500 * Span.Millisecond, 1 * Span.Second, length), one);
            case 4:
                return new(FaultKind.PowerLoss, at, length, one);
            case < 7:
                return new(FaultKind.Hang, at, length, one);
            case 7:
                return new(FaultKind.Slow, at, length, one, Extra: random.Of(20 * Span.Millisecond, 300 * Span.Millisecond, 1_500 * Span.Millisecond));
            case 8:
                return new(FaultKind.Leave, at, random.Of(100 * Span.Millisecond, 1 * Span.Second, length), one);
            case 9:
                return new(FaultKind.Join, at, length, Bits.Of(plan.Spare));
        }

        var (left, right) = Sides(plan, random);
        var holds = random.Chance(0.4);
        return random.Below(10) switch
        {
            < 4 => new(FaultKind.Cut, at, length, left, right, 0, holds),
            < 7 => new(FaultKind.StaggeredCut, at, length, left, right, random.Of(200 * Span.Millisecond, 1 * Span.Second, 3 * Span.Second), holds),
            < 9 => new(FaultKind.OneWayCut, at, length, left, right, 0, holds),
            _ => new(FaultKind.Flap, at, length, left, right, random.Of(300 * Span.Millisecond, 1 * Span.Second, 3 * Span.Second), holds),
        };
    }

    private static (ulong Left, ulong Right) Sides(Plan plan, Rng random)
    {
        var all = (1UL << plan.Hosts) - 1;
        switch (random.Below(6))
        {
            case 0:
                var alone = Bits.Of(Host(plan, random));
                return (alone, all & ~alone);
            case 1:
                // One link.
                var one = Host(plan, random);
                var other = (one + 1 + random.Below(plan.Hosts - 1)) % plan.Hosts;
                return (Bits.Of(one), Bits.Of(other));
            case 2:
                // Some do not reach some, and the rest reaches both.
                var (a, b) = (random.Next() & all, random.Next() & all);
                return (a & ~b) == 0 || (b & ~a) == 0 ? Sides(plan, random) : (a & ~b, b & ~a);
            default:
                var left = random.Next() & all;
                return left == 0 || left == all ? Sides(plan, random) : (left, all & ~left);
        }
    }

    private static int Host(Plan plan, Rng random)
    {
        // Backends most of the time; never the one that may join.
        var host = random.Chance(0.7) ? 1 + random.Below(plan.Backends) : random.Below(plan.Hosts);
        return host == plan.Spare ? 1 : host;
    }

    private static List<ClientPlan> Clients(Plan plan, Rng random)
    {
        var clients = new List<ClientPlan>();
        var end = Math.Max(plan.Faults.Count == 0 ? 0 : plan.Faults.Max(fault => fault.End), 6 * Span.Second);
        end += (plan.Faults.Count == 0 ? 0 : plan.Healed) / 4;
        var count = random.Of(2, 3, 4);
        for (var client = 0; client < count; client++)
        {
            var steps = new List<Step> { new(OperationKind.Create, random.Between(0, 300 * Span.Millisecond), random.Below(plan.Frontends)) };
            var pace = random.Of(250 * Span.Millisecond, 600 * Span.Millisecond, 1200 * Span.Millisecond);
            for (var at = 0L; at < end && steps.Count < 45;)
            {
                var pause = random.Between(10 * Span.Millisecond, 2 * pace);
                at += pause;
                var kind = random.Of(
                    OperationKind.AppendPost, OperationKind.AppendPost, OperationKind.AppendPut, OperationKind.AppendPut, OperationKind.AppendOnce,
                    OperationKind.Write, OperationKind.Read, OperationKind.Read);
                steps.Add(new(kind, pause, random.Below(plan.Frontends)));
            }

            clients.Add(new ClientPlan(client, steps));
        }

        return clients;
    }
}
