using System.CommandLine;
using System.Globalization;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Nodes;
using Pomegranate.Campaign.Running;

namespace Pomegranate.Campaign.CommandLine;

/// <summary>The command line: its options, their rules, and what runs.</summary>
internal static class CampaignCommand
{
    private const string Uneven = "uneven";

    public static RootCommand Create()
    {
        var seed = Number("--seed", "Of the first run; each further run has the next.", 1, 0, int.MaxValue);
        var runs = Number("--runs", "How many runs, each with a cluster of its own.", 1, 1, 100_000);
        var minutes = new Option<double>("--minutes") { Description = "How long faults happen in each run.", DefaultValueFactory = _ => 1 };
        var faults = new Option<string>("--faults")
        {
            Description = $"Which may happen, with commas: {string.Join(", ", Enum.GetNames<FaultKind>().Select(name => name.ToLowerInvariant()))}. "
                + $"{Uneven} means those that nodes notice at different times. Default: all this machine can do.",
            HelpName = "kinds",
        };
        var only = new Option<string>("--only") { Description = "Only these episodes of the seed's schedule, with commas.", HelpName = "numbers" };
        var backends = Number("--backends", "How many backends.", 3, 2, 9);
        var frontends = Number("--frontends", "How many frontends.", 2, 1, 9);
        var sessions = Number("--sessions", "How many sessions at a time.", 60, 1, 10_000);
        var think = Number("--think", "A client's mean pause between two operations, in ms.", 200, 0, 60_000);
        var deadline = Number("--deadline", "Seconds any request may take to be answered.", 30, 1, 600);
        var whole = Number("--whole-within", "Seconds the cluster may take to be whole after an episode.", 60, 1, 600);
        var memory = Number("--max-resident", "MB of resident memory that no node may exceed at rest.", 1000, 100, 100_000);
        var logs = new Option<string>("--logs") { Description = "Where histories and the nodes' logs go.", DefaultValueFactory = _ => Path.Combine("artifacts", "campaign"), HelpName = "directory" };
        var loopback = new Option<bool>("--loopback") { Description = "All nodes on loopback, as any user: no faults of the network." };
        var disks = new Option<string>("--disks") { Description = "Which runs keep sessions on disk too: all, none, or half (those with an even seed).", DefaultValueFactory = _ => "half", HelpName = "runs" };
        disks.AcceptOnlyFromAmong("all", "none", "half");
        var patience = new Option<string>("--patience") { Description = "In which runs nodes differ in how long they bear silence: all, none, or third (those whose seed three divides).", DefaultValueFactory = _ => "third", HelpName = "runs" };
        patience.AcceptOnlyFromAmong("all", "none", "third");
        var table = new Option<FileInfo?>("--table") { Description = "Append a row for each run to this CSV file.", HelpName = "file" };
        var soak = new Option<bool>("--soak") { Description = $"Steady load at {Running.SoakRun.Share:P0} of the peak measured first, a kill or a restart every few seconds, and memory watched, for --minutes." };
        var bug = new Option<string?>("--bug") { Description = $"Build a seeded bug in, which must be found: {string.Join(", ", SeededBugs.SeededBug.Names)}.", HelpName = "name" };
        var check = new Option<string?>("--check") { Description = "Check this history again and do nothing else.", HelpName = "file" };
        var set = new Option<string[]>("--set") { Description = "Configuration for every node. May be repeated.", DefaultValueFactory = _ => [], HelpName = "key=value" };

        var command = new RootCommand("Runs a real cluster under random faults and checks from the history that no promise was broken.")
        {
            seed, runs, minutes, faults, only, backends, frontends, sessions, think, deadline, whole, memory, logs, loopback, disks, patience, table, soak, bug, check, set,
        };
        command.SetAction(async (result, cancellation) =>
        {
            try
            {
                var limit = TimeSpan.FromSeconds(result.GetValue(deadline));
                if (result.GetValue(check) is { } file)
                {
                    return Recheck.Run(file, limit);
                }

                var onLoopback = result.GetValue(loopback);
                return await CampaignRuns.RunAsync(
                    new CampaignOptions(
                        result.GetValue(seed),
                        result.GetValue(runs),
                        TimeSpan.FromMinutes(result.GetValue(minutes)),
                        Kinds(result.GetValue(faults), onLoopback, result.GetValue(disks)!),
                        Numbers(result.GetValue(only)),
                        result.GetValue(backends),
                        result.GetValue(frontends),
                        result.GetValue(sessions),
                        TimeSpan.FromMilliseconds(result.GetValue(think)),
                        limit,
                        TimeSpan.FromSeconds(result.GetValue(whole)),
                        result.GetValue(memory),
                        Path.GetFullPath(result.GetValue(logs)!),
                        onLoopback,
                        DisksOf(result.GetValue(disks)!, result.GetValue(faults)),
                        result.GetValue(patience) switch { "all" => true, "none" => false, _ => null },
                        result.GetValue(table)?.FullName,
                        result.GetValue(soak),
                        result.GetValue(bug),
                        [.. result.GetValue(set)!.Select(Setting)]),
                    cancellation);
            }
            catch (Exception exception) when (exception is CampaignException or LocalCluster.LocalClusterException or IOException)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return 2;
            }
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int fallback, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) is var value && (value < least || value > most))
            {
                result.AddError($"{name} is {value} but must be between {least} and {most}.");
            }
        });
        return option;
    }

    private static List<FaultKind> Kinds(string? names, bool loopback, string disks)
    {
        string? Obstacle(FaultKind kind) => Promise.Needs(kind) is not { } facility ? null
            : loopback ? "--loopback is without labs"
            : facility == Facility.Disk && disks == "none" ? "--disks none"
            : Labs.Obstacle(facility);
        if (names is null)
        {
            return [.. Enum.GetValues<FaultKind>().Where(kind => Obstacle(kind) is null)];
        }

        var kinds = names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(name =>
            name.Equals(Uneven, StringComparison.OrdinalIgnoreCase) ? FaultSchedule.Uneven
            : Enum.TryParse<FaultKind>(name, ignoreCase: true, out var kind) && Enum.IsDefined(kind) ? [kind]
            : throw new CampaignException($"--faults {name}: there is no such kind; see --help.")).Distinct().ToList();
        return kinds.FirstOrDefault(kind => Obstacle(kind) is not null) is var first && Obstacle(first) is { } obstacle
            ? throw new CampaignException($"--faults {first.ToString().ToLowerInvariant()}: not here: {obstacle}.")
            : kinds;
    }

    /// <summary>Who names faults of disks means every run.</summary>
    private static bool? DisksOf(string runs, string? faults) => runs switch
    {
        "all" => true,
        "none" => false,
        _ => faults is not null && Kinds(faults, false, runs).Any(kind => Promise.Needs(kind) == Facility.Disk) ? true : null,
    };

    private static HashSet<int> Numbers(string? text) => text is null ? [] :
        [.. text.Split(',').Select(number => int.TryParse(number, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new CampaignException($"--only {number}: must be the number of an episode."))];

    private static KeyValuePair<string, string> Setting(string text) => text.Split('=', 2) is [var key, var value]
        ? new(key, value)
        : throw new CampaignException($"--set {text}: must be key=value.");
}
