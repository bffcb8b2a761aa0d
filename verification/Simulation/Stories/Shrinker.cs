using Pomegranate.Campaign.Checking;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Rules;

namespace Pomegranate.Simulation.Stories;

/// <summary>
/// Makes a failing schedule smaller as long as it fails in the same way: fewer faults, clients, operations and nodes, rounder
/// times, a network without whims. After Zeller and Hildebrandt's delta debugging (2002), by single steps.
/// </summary>
/// <param name="attempts">How many schedules may be run for it.</param>
internal sealed class Shrinker(RuleSet rules, SeededBug bug, int attempts)
{
    private readonly HashSet<ViolationKind> _kinds = [];
    private int _left = attempts;

    public Plan Shrink(SimulationResult failing)
    {
        _kinds.UnionWith(failing.Violations.Select(violation => violation.Kind));
        var best = failing.Plan;
        for (var before = (Plan?)null; !ReferenceEquals(before, best) && _left > 0;)
        {
            before = best;
            best = Pass(best);
        }

        return best;
    }

    private Plan Pass(Plan plan)
    {
        plan = Try(plan, plan with { Loss = 0 });
        plan = Try(plan, plan with { Doubling = 0 });
        plan = Try(plan, plan with { Jitter = 500 });
        plan = Try(plan, plan with { Gossips = false });
        plan = Try(plan, plan with { HasDisks = false });
        plan = Try(plan, plan with { Rates = [.. plan.Rates.Select(_ => 0L)] });
        plan = Try(plan, plan with { Patience = [.. plan.Patience.Select(_ => 1.0)] });
        for (var i = plan.Faults.Count - 1; i >= 0; i--)
        {
            plan = Try(plan, plan with { Faults = [.. plan.Faults.Where((_, index) => index != i)] });
        }

        for (var i = plan.Clients.Count - 1; i >= 0; i--)
        {
            // Kept in its place: a session's shard is its number.
            plan = Try(plan, With(plan, i, plan.Clients[i] with { Steps = [] }));
        }

        for (var i = 0; i < plan.Clients.Count; i++)
        {
            plan = ShrinkSteps(plan, i);
        }

        for (var i = 0; i < plan.Faults.Count; i++)
        {
            foreach (var smaller in Smaller(plan.Faults[i]))
            {
                plan = Try(plan, plan with { Faults = [.. plan.Faults.Select((fault, index) => index == i ? smaller : fault)] });
            }
        }

        return plan;
    }

    private Plan ShrinkSteps(Plan plan, int client)
    {
        for (var size = plan.Clients[client].Steps.Count / 2; size >= 1; size /= 2)
        {
            for (var at = plan.Clients[client].Steps.Count - size; at >= 1 && _left > 0; at -= size)
            {
                var steps = plan.Clients[client].Steps;
                if (at + size > steps.Count)
                {
                    continue;
                }

                // The time that they took goes on: what comes after keeps its moment, more or less.
                var pause = steps.Skip(at).Take(size).Sum(step => step.Pause);
                List<Step> rest = [.. steps.Take(at), .. steps.Skip(at + size)];
                if (at < rest.Count)
                {
                    rest[at] = rest[at] with { Pause = rest[at].Pause + pause };
                }

                plan = Try(plan, With(plan, client, plan.Clients[client] with { Steps = rest }));
            }
        }

        return plan;
    }

    private static Plan With(Plan plan, int client, ClientPlan its) => plan with { Clients = [.. plan.Clients.Select((other, index) => index == client ? its : other)] };

    private static IEnumerable<Fault> Smaller(Fault fault)
    {
        if (fault.Kind is FaultKind.StaggeredCut or FaultKind.OneWayCut or FaultKind.Flap)
        {
            yield return fault with { Kind = FaultKind.Cut, Extra = 0 };
        }

        if (fault.Kind == FaultKind.PowerLoss)
        {
            yield return fault with { Kind = FaultKind.Kill };
        }

        yield return fault with { Holds = false };
        yield return fault with { At = Round(fault.At, Span.Second) };
        yield return fault with { At = Round(fault.At, 100 * Span.Millisecond) };
        yield return fault with { Length = Round(fault.Length, Span.Second) };
        yield return fault with { Length = Round(fault.Length, 100 * Span.Millisecond) };
    }

    private static long Round(long span, long to) => Math.Max(to, (span + (to / 2)) / to * to);

    /// <summary>The smaller plan where it still fails in the same way, else the old one.</summary>
    private Plan Try(Plan plan, Plan smaller)
    {
        if (_left <= 0 || IsSame(plan, smaller))
        {
            return plan;
        }

        // What is left to chance runs differently in the smaller plan: it is given some tries.
        for (var attempt = 0UL; attempt < 3 && _left > 0; attempt++)
        {
            _left--;
            var tried = attempt == 0 ? smaller : smaller with { Seed = Rng.Mix(smaller.Seed, attempt) };
            if (Simulator.Run(tried, rules, bug).Violations.Any(violation => _kinds.Contains(violation.Kind)))
            {
                return tried;
            }
        }

        return plan;
    }

    private static bool IsSame(Plan one, Plan other) =>
        one.Loss == other.Loss && one.Doubling == other.Doubling && one.Jitter == other.Jitter && one.Gossips == other.Gossips && one.HasDisks == other.HasDisks
        && one.Rates.SequenceEqual(other.Rates) && one.Patience.SequenceEqual(other.Patience) && one.Faults.SequenceEqual(other.Faults)
        && one.Clients.Zip(other.Clients).All(pair => pair.First.Steps.SequenceEqual(pair.Second.Steps));
}
