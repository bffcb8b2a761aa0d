using System.Globalization;
using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Histories;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Rules;

namespace Pomegranate.Simulation.Stories;

/// <summary>Tells what happened in a failing schedule: faults, suspicions, decisions, and the session whose promise was broken.</summary>
internal static class StoryTeller
{
    public static string Tell(Plan plan, RuleSet rules, SeededBug bug)
    {
        var story = new Story();
        var result = Simulator.Run(plan, rules, bug, story);
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"{plan.Backends} backends, {plan.Frontends} frontends, rules {rules.Name}{Whims(plan)}. Times in seconds.");
        var violation = result.Violations.Count > 0 ? result.Violations[0] : null;
        var session = violation?.Session is { } name ? int.Parse(name[1..], CultureInfo.InvariantCulture) : -1;
        var lines = story.Lines.Where(line => line.Session < 0 || line.Session == session)
            .Concat(result.History.Where(operation => operation.Session == violation?.Session && operation.Outcome != Outcome.NotSent).SelectMany(Lines))
            .Where(line => violation is null || line.At <= (violation.At * 1000) + 1)
            .OrderBy(line => line.At);
        foreach (var group in Joined(lines))
        {
            text.WriteLine(group);
        }

        foreach (var found in result.Violations)
        {
            text.WriteLine($"{found.Kind} at {Span.Text((long)(found.At * 1000)).Trim()}: {found.Text}");
        }

        return text.ToString();
    }

    /// <summary>What several nodes say of one thing within a moment is one line.</summary>
    private static IEnumerable<string> Joined(IEnumerable<Story.Line> lines)
    {
        var open = new List<(Story.Line First, List<string> Who)>();
        foreach (var line in lines)
        {
            if (line.Who is not ("FAULT" or "client") && open.FindIndex(o => o.First.What == line.What && line.At - o.First.At < 300 * Span.Millisecond) is var same and >= 0)
            {
                open[same].Who.Add(line.Who);
                continue;
            }

            open.Add((line, [line.Who]));
        }

        return open.Select(o => $"{Span.Text(o.First.At)}  {string.Join(", ", o.Who.Distinct())}{(o.First.Who == "FAULT" ? ": " : " ")}{o.First.What}");
    }

    private static IEnumerable<Story.Line> Lines(Operation operation)
    {
        var what = $"{operation.Kind} {operation.Number} through {operation.Frontend}";
        yield return new((long)(operation.Start * 1000), "client", $"asks {what}", 0);
        yield return new((long)(operation.End * 1000), "client", operation.Outcome == Outcome.Done
            ? $"is answered {operation.Number} by {operation.Seen!.Node}: the log is [{string.Join(' ', operation.Seen.Log)}]"
            : $"is told of {operation.Number}: {operation.Note}", 0);
    }

    private static string Whims(Plan plan)
    {
        var whims = new List<string>();
        if (plan.Loss > 0)
        {
            whims.Add(FormattableString.Invariant($"{plan.Loss:P1} of the messages lost"));
        }

        if (plan.Doubling > 0)
        {
            whims.Add(FormattableString.Invariant($"{plan.Doubling:P1} doubled"));
        }

        if (plan.Jitter > 500)
        {
            whims.Add($"some up to {plan.Jitter / Span.Millisecond} ms late");
        }

        if (plan.Rates.Any(rate => rate != 0))
        {
            whims.Add("clocks of different rates");
        }

        if (plan.Patience.Any(patience => patience != 1))
        {
            whims.Add($"patience {string.Join(" ", plan.Names.Zip(plan.Patience).Where(p => p.Second != 1).Select(p => FormattableString.Invariant($"{p.First} x {p.Second}")))}");
        }

        if (plan.HasDisks)
        {
            whims.Add("disks");
        }

        return whims.Count == 0 ? "" : "; " + string.Join(", ", whims);
    }
}
