using System.CommandLine;
using System.Diagnostics;
using Pomegranate.Fuzz.Cases;
using Pomegranate.Fuzz.Http;
using Pomegranate.Fuzz.Targets;

// Bad input for everything that reads bytes from outside. docs/fuzzing.md says what is looked for and what has been run.
var cases = new Option<long>("--cases") { Description = "How many cases, shared evenly among the targets.", DefaultValueFactory = _ => 1_000_000 };
var seed = new Option<ulong>("--seed") { Description = "The same seed makes the same cases.", DefaultValueFactory = _ => 1 };
var only = new Option<string?>("--target") { Description = "Only the targets whose name contains this." };
var http = new Option<Uri?>("--http") { CustomParser = result => new Uri(result.Tokens.Single().Value), Description = "Raw requests to a running node instead: a frontend or a management endpoint, as http://host:port." };
var root = new RootCommand("Feeds bad input to what reads messages, requests and answers.") { cases, seed, only, http };
root.SetAction(async (result, cancellation) =>
{
    if (result.GetValue(http) is { } url)
    {
        await new HttpAttack(url, result.GetValue(seed)).RunAsync(result.GetValue(cases), cancellation);
        return;
    }

    FuzzTarget[] targets = [.. WireTargets.All().Concat(ClientTargets.All()).Where(t => t.Name.Contains(result.GetValue(only) ?? "", StringComparison.OrdinalIgnoreCase))];
    var each = result.GetValue(cases) / Math.Max(1, targets.Length);
    foreach (var target in targets)
    {
        var began = Stopwatch.GetTimestamp();
        var run = new FuzzRun(target, result.GetValue(seed));
        run.Run(each);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"{target.Name,-22} {each,10:N0} cases  {each / seconds,10:N0}/s  {100.0 * run.Accepted / Math.Max(1, each),5:0.0} % good");
    }

    Console.WriteLine($"{each * targets.Length:N0} cases, seed {result.GetValue(seed)}: no fault.");
});
return await root.Parse(args).InvokeAsync();
