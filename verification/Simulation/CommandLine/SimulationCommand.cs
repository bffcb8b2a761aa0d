using System.CommandLine;
using Pomegranate.Simulation.Judging;
using Pomegranate.Simulation.Rules;

namespace Pomegranate.Simulation.CommandLine;

/// <summary>The command line: its options, their rules, and what runs.</summary>
internal static class SimulationCommand
{
    public static RootCommand Create()
    {
        var seed = new Option<long>("--seed") { Description = "Of the first schedule; each further one has the next.", DefaultValueFactory = _ => 1 };
        seed.Validators.Add(result =>
        {
            if (result.GetValue(seed) < 0)
            {
                result.AddError($"--seed is {result.GetValue(seed)} but must not be negative.");
            }
        });
        var schedules = new Option<long>("--schedules") { Description = "How many.", DefaultValueFactory = _ => 10_000 };
        var minutes = new Option<double?>("--minutes") { Description = "Stop after so long, whatever --schedules says.", HelpName = "minutes" };
        var rules = new Option<string>("--rules") { Description = "Whose rules the nodes follow.", DefaultValueFactory = _ => RuleSet.All[^1].Name, HelpName = "rules" };
        rules.AcceptOnlyFromAmong([.. RuleSet.All.Select(set => set.Name)]);
        var story = new Option<long?>("--story") { Description = "Run the schedule of this seed alone, and tell what happened; shrunk first where it fails.", HelpName = "seed" };
        var whole = new Option<bool>("--whole") { Description = "With --story: tell it as it is, without shrinking it." };
        var bug = new Option<string>("--bug") { Description = $"Run with a seeded bug, which must be found: {string.Join(", ", BugNames)}.", HelpName = "name" };
        bug.AcceptOnlyFromAmong([.. BugNames]);
        var stories = new Option<int>("--stories") { Description = "How many failing schedules are told, shrunk.", DefaultValueFactory = _ => 1 };
        var command = new RootCommand(
            "Runs the cluster's rules through random failures in virtual time, one seed a schedule, and checks from the clients' history that no promise was broken.")
        {
            seed, schedules, minutes, rules, story, whole, bug, stories,
        };
        command.SetAction(result =>
        {
            var set = RuleSet.All.First(set => set.Name == result.GetValue(rules));
            var seeded = result.GetValue(bug) is { } name ? BugOf(name) : SeededBug.None;
            if (result.GetValue(story) is { } one)
            {
                return SimulationRun.Tell((ulong)one, set, seeded, result.GetValue(whole));
            }

            var limit = result.GetValue(minutes) is { } most ? TimeSpan.FromMinutes(most) : TimeSpan.MaxValue;
            return SimulationRun.Run((ulong)result.GetValue(seed), result.GetValue(schedules), limit, set, seeded, result.GetValue(stories));
        });
        return command;
    }

    private static IEnumerable<string> BugNames => Enum.GetValues<SeededBug>().Where(bug => bug != SeededBug.None).Select(NameOf);

    private static SeededBug BugOf(string name) => Enum.GetValues<SeededBug>().First(bug => NameOf(bug) == name);

    /// <summary>AckBeforeQuorum is ack-before-quorum, as the campaign's patch.</summary>
    private static string NameOf(SeededBug bug) =>
        string.Concat(bug.ToString().Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
