using Pomegranate.Campaign.CommandLine;
using Pomegranate.Campaign.Nodes;
using Pomegranate.Campaign.SeededBugs;
using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.Campaign.Running;

/// <summary>All the runs, one after another, and what is said of them.</summary>
internal static class CampaignRuns
{
    /// <returns>0 if no promise was broken, 1 if one was.</returns>
    public static async Task<int> RunAsync(CampaignOptions options, CancellationToken cancellation)
    {
        var repository = Repository.Find();
        var backend = repository;
        if (options.Bug is { } bug)
        {
            Say($"Building a copy with the seeded bug {bug}.");
            backend = SeededBug.Build(bug, repository);
        }

        var programs = Programs.Of(repository, backend);
        Say($"Faults: {string.Join(", ", options.Kinds).ToLowerInvariant()}");
        foreach (var facility in options.Loopback ? [] : Enum.GetValues<Facility>())
        {
            if (Labs.Obstacle(facility) is { } obstacle)
            {
                Say($"No faults of the {facility.ToString().ToLowerInvariant()}: {obstacle}.");
            }
        }

        var commit = Commit(repository);
        var results = new List<RunResult>();
        for (var seed = options.Seed; seed < options.Seed + options.Runs && !cancellation.IsCancellationRequested; seed++)
        {
            Say($"Seed {seed}");
            try
            {
                var result = options.Soak
                    ? await new SoakRun(options, programs, seed, Say).RunAsync(cancellation)
                    : await new CampaignRun(options, programs, seed, Say).RunAsync(cancellation);
                results.Add(result);
                Report.Run(result, options);
                if (options.Table is { } table)
                {
                    RunTable.Append(table, result, DateTimeOffset.UtcNow, commit);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Before the first request: there is nothing to judge.
                break;
            }
        }

        Report.All(results);
        return results.Any(result => result.Violations.Count > 0) ? 1 : 0;
    }

    /// <summary>What was checked out; a plus where something in it was changed.</summary>
    private static string Commit(Repository repository)
    {
        try
        {
            string Git(params string[] arguments) => Command.Run("git", ["-C", repository.Root, .. arguments]).Trim();
            return Git("rev-parse", "--short", "HEAD") + (Git("status", "--porcelain", "--untracked-files=no").Length > 0 ? "+" : "");
        }
        catch (Exception exception) when (exception is CampaignException or System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }

    private static void Say(string text) => Console.WriteLine(text);
}
