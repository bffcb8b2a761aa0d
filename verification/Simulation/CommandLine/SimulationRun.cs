using System.Diagnostics;
using System.Globalization;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Rules;
using Pomegranate.Simulation.Stories;

namespace Pomegranate.Simulation.CommandLine;

/// <summary>Runs schedules one after another, and prints what came of them.</summary>
internal static class SimulationRun
{
    private const int ShrinkAttempts = 4_000;

    /// <returns>The exit code: 0 where no promise was broken, else 1.</returns>
    public static int Run(ulong seed, long schedules, TimeSpan limit, RuleSet rules, SeededBug bug, int stories)
    {
        var clock = Stopwatch.StartNew();
        var (coverage, pairs) = (new Coverage(), new FaultPairs());
        long ran = 0, events = 0, length = 0, operations = 0, failed = 0;
        for (; ran < schedules && clock.Elapsed < limit; ran++)
        {
            var result = Simulator.Run(PlanMaker.Of(seed + (ulong)ran), rules, bug);
            coverage.Add(result.Coverage);
            pairs.Add(result.Plan);
            events += result.Events;
            length += result.Length;
            operations += result.History.Count;
            if (result.Violations.Count > 0)
            {
                failed++;
                Say($"Seed {seed + (ulong)ran}, after {clock.Elapsed.TotalSeconds:0.0} s: {string.Join(", ", result.Violations.CountBy(v => v.Kind).Select(k => $"{k.Value} {k.Key}"))}.");
                if (failed <= stories)
                {
                    Console.WriteLine(StoryTeller.Tell(new Shrinker(rules, bug, ShrinkAttempts).Shrink(result), rules, bug));
                }
            }
        }

        var took = clock.Elapsed.TotalSeconds;
        Say($"{ran} schedules of the rules '{rules.Name}' from seed {seed}: {failed} with a broken promise.");
        Say($"{took:0.0} s, {ran / took:0} a second; on average {length / Math.Max(1, ran) / (double)Span.Second:0.0} s of virtual time, {events / Math.Max(1, ran)} messages and ticks, {operations / Math.Max(1, ran)} operations.");
        Console.WriteLine();
        Console.WriteLine("| Transition | times |\n|---|---:|");
        foreach (var (transition, times) in coverage.Transitions.OrderByDescending(t => t.Value).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            Say($"| {transition} | {times} |");
        }

        Console.WriteLine();
        foreach (var line in pairs.Table())
        {
            Console.WriteLine(line);
        }

        return failed == 0 ? 0 : 1;
    }

    public static int Tell(ulong seed, RuleSet rules, SeededBug bug, bool whole)
    {
        var result = Simulator.Run(PlanMaker.Of(seed), rules, bug);
        var plan = result.Violations.Count == 0 || whole ? result.Plan : new Shrinker(rules, bug, ShrinkAttempts).Shrink(result);
        Console.WriteLine(StoryTeller.Tell(plan, rules, bug));
        return result.Violations.Count == 0 ? 0 : 1;
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
