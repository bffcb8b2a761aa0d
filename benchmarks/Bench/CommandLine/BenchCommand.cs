using System.CommandLine;
using Pomegranate.Bench.Failing;
using Pomegranate.Bench.Growing;
using Pomegranate.Bench.Overloading;
using Pomegranate.Bench.Systems;
using Pomegranate.Bench.Timelines;

namespace Pomegranate.Bench.CommandLine;

/// <summary>The command line.</summary>
internal static class BenchCommand
{
    public static RootCommand Create() => new("Measures Pomegranate: beside its peers, as it grows, and where its CPU goes. Linux only.")
    {
        Compare(),
        Profile(),
        Growth(),
        Overload(),
        Timeline(),
        Failover(),
    };

    private static Command Compare()
    {
        var rounds = Number("--rounds", "How often each load goes to each system.", 5);
        var seconds = Number("--seconds", "How long one load lasts.", 10);
        var warm = Number("--warm", "Seconds of load before a system is measured.", 60);
        var sessions = Number("--sessions", "How many sessions the requests use in turn.", 1000);
        var connections = Number("--connections", "How many connections the client keeps busy.", 64);
        var systems = new Option<string[]>("--systems") { Description = "Only these: pomegranate, httpd-tomcat, yarp-redis, yarp-kestrel.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var keep = new Option<bool>("--keep") { Description = "Leave logs and configuration in the temporary directory." };
        var command = new Command("compare", "The product beside its peers, round by round.") { rounds, seconds, warm, sessions, connections, systems, keep, Out };
        command.SetAction((result, _) => RequireRelease(() => new Comparison(new ComparisonOptions(
            result.GetValue(rounds), result.GetValue(seconds), result.GetValue(warm), result.GetValue(sessions), result.GetValue(connections),
            result.GetValue(systems)!, result.GetValue(Out)!, result.GetValue(keep))).RunAsync()));
        return command;
    }

    private static Command Profile()
    {
        var paths = new Option<string[]>("--paths") { Description = "Which loads.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["/counter", "/plain"] };
        var seconds = Number("--seconds", "How long to look.", 20);
        var warm = Number("--warm", "Seconds of load before.", 40);
        var command = new Command("profile", "Where the CPU of a request goes, and what it allocates. Needs Linux's perf, and often root.") { paths, seconds, warm, Out };
        command.SetAction((result, _) => RequireRelease(() => new Profile(
            result.GetValue(paths)!, result.GetValue(seconds), result.GetValue(warm), result.GetValue(Out)!).RunAsync()));
        return command;
    }

    private static Command Growth()
    {
        var steps = new Option<string[]>("--steps") { Description = "Which of sessions, backends, frontends, size, join.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["sessions", "backends", "frontends", "size", "join"] };
        var sessions = Numbers("--sessions", "Live sessions of 1 KB. A million takes some 10 GB of memory.", 1000, 10_000, 100_000);
        var backends = Numbers("--backends", "How many backends.", 2, 3, 5);
        var frontends = Numbers("--frontends", "How many frontends.", 1, 3);
        var sizes = Numbers("--sizes", "Bytes of the attribute that a request writes.", 1024, 10_240, 102_400);
        var join = Number("--join-sessions", "Sessions that a joining backend copies.", 100_000);
        var seconds = Number("--seconds", "How long one load lasts.", 10);
        var warm = Number("--warm", "Seconds of load before a cluster is measured.", 30);
        var command = new Command("growth", "What the product costs with more sessions, backends, frontends and larger sessions, and how long a join takes.")
        {
            steps, sessions, backends, frontends, sizes, join, seconds, warm, Out,
        };
        command.SetAction((result, _) => RequireRelease(() => new Growth(new GrowthOptions(
            result.GetValue(steps)!, result.GetValue(sessions)!, result.GetValue(backends)!, result.GetValue(frontends)!, result.GetValue(sizes)!,
            result.GetValue(join), result.GetValue(seconds), result.GetValue(warm), result.GetValue(Out)!)).RunAsync()));
        return command;
    }

    private static Command Overload()
    {
        var path = new Option<string>("--path") { Description = "What is asked for.", DefaultValueFactory = _ => "/counter" };
        var limit = Number("--limit", "Requests in flight that the frontend takes (Pomegranate:Gateway:MaxConcurrentRequests); none queue.", 500);
        var connections = Number("--connections", "How many connections the client has. A request that finds none free is not sent.", 2000);
        var seconds = Number("--seconds", "How long one load lasts.", 15);
        var warm = Number("--warm", "Seconds of load before.", 30);
        var command = new Command("overload", "Offers once, twice and three times what the product can take.") { path, limit, connections, seconds, warm, Out };
        command.SetAction((result, _) => RequireRelease(() => new Overload(new OverloadOptions(
            result.GetValue(path)!, result.GetValue(limit), result.GetValue(connections), result.GetValue(seconds), result.GetValue(warm), result.GetValue(Out)!)).RunAsync()));
        return command;
    }

    private static Command Timeline()
    {
        var fault = new Option<string>("--fault") { Description = "kill, kill-coordinator, stop (SIGSTOP) or term.", DefaultValueFactory = _ => "kill" };
        fault.AcceptOnlyFromAmong("kill", "kill-coordinator", "stop", "term");
        var times = Number("--times", "How many failovers.", 5);
        var sessions = Number("--sessions", "How many sessions count in loops, 20 ms apart.", 50);
        var backends = Number("--backends", "How many backends.", 3);
        var frontends = Number("--frontends", "How many frontends.", 2);
        var set = new Option<string[]>("--set") { Description = "Configuration for every node, for example Pomegranate:Cluster:Shards=32.", HelpName = "key=value", DefaultValueFactory = _ => [] };
        var command = new Command("timeline", "Takes failovers apart: when each node comes to each step, from the nodes' logs.") { fault, times, sessions, backends, frontends, set, Out };
        command.SetAction((result, _) => RequireRelease(() => new FailoverTimeline(new TimelineOptions(
            result.GetValue(fault)!, result.GetValue(times), result.GetValue(sessions), result.GetValue(backends), result.GetValue(frontends),
            result.GetValue(set)!, result.GetValue(Out)!)).RunAsync()));
        return command;
    }

    private static Command Failover()
    {
        var systems = new Option<string[]>("--systems") { Description = "Only these: pomegranate (3 backends), pomegranate-2 (2), httpd-tomcat, yarp-redis.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var faults = new Option<string[]>("--faults")
        {
            Description = $"Only these: {string.Join(", ", Fault.All.Select(f => f.Name))}.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        faults.AcceptOnlyFromAmong([.. Fault.All.Select(f => f.Name)]);
        systems.AcceptOnlyFromAmong("pomegranate", "pomegranate-2", "httpd-tomcat", "yarp-redis");
        var runs = Number("--runs", "How often each fault.", 30);
        var sessions = Number("--sessions", "How many sessions count.", 50);
        var warm = Number("--warm", "Seconds of load before the first fault.", 20);
        var rest = Number("--rest", "Seconds of load before each fault; 0 finds nodes that have just started again.", 0);
        var add = new Option<bool>("--add") { Description = "Add to earlier readings of the same system and fault instead of replacing them." };
        var keep = new Option<bool>("--keep") { Description = "Leave logs and configuration in the temporary directory." };
        var command = new Command("failover", "Kills, hangs and stops each part of the product and of its peers, many times: pauses, failed requests, lost and doubled changes.")
        {
            systems, faults, runs, sessions, warm, rest, add, keep, Out,
        };
        command.SetAction((result, _) => RequireRelease(() => new Failing.Failover(new FailoverOptions(
            result.GetValue(systems)!, result.GetValue(faults)!, result.GetValue(runs), result.GetValue(sessions), result.GetValue(warm),
            result.GetValue(rest), result.GetValue(add), result.GetValue(keep), result.GetValue(Out)!)).RunAsync()));
        return command;
    }

    private static Option<int[]> Numbers(string name, string description, params int[] fallback) =>
        new(name) { Description = description, DefaultValueFactory = _ => fallback, AllowMultipleArgumentsPerToken = true, HelpName = "numbers" };

    private static Option<string> Out { get; } = new("--out")
    {
        Description = "Where tables and pictures go.",
        DefaultValueFactory = _ => Repository.At("artifacts", "benchmarks"),
        HelpName = "directory",
    };

    private static Option<int> Number(string name, string description, int fallback) =>
        new(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = "number" };

    private static Task RequireRelease(Func<Task> run) => Repository.IsRelease
        ? run()
        : throw new BenchException("This is a Debug build, whose figures say nothing. Use benchmarks/run.sh, or: dotnet run --project benchmarks/Bench -c Release");
}
