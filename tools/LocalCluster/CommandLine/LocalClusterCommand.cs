using System.CommandLine;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Running;

namespace Pomegranate.LocalCluster.CommandLine;

/// <summary>The command line: its options, their rules, and what runs.</summary>
internal static class LocalClusterCommand
{
    private const int MostOfOneKind = 20;

    public static RootCommand Create()
    {
        var headless = new Option<bool>("--headless") { Description = "No key presses: line commands on standard input, if it is open." };
        var state = new Option<FileInfo?>("--state") { Description = "Keep the nodes in this file, as JSON. Written once all are ready.", HelpName = "file" };
        var backends = Count("--backends", "How many backends.", 3);
        var frontends = Count("--frontends", "How many frontends.", 2);
        var deadline = new Option<int>("--ready-within") { Description = "Seconds the nodes may take to be ready.", DefaultValueFactory = _ => 60, HelpName = "seconds" };
        var app = new Option<string?>("--app") { Description = "The project that the backends run: its directory or its file. Default: samples/Portal.", HelpName = "project" };
        var durable = new Option<DirectoryInfo?>("--durable")
        {
            Description = "Keep the backends' sessions on disk below this directory, so that they outlive a stop of the whole cluster.",
            HelpName = "directory",
        };
        var from = new Option<DirectoryInfo?>("--from")
        {
            Description = "Start the nodes as this copy of the repository has built them, for example an earlier revision (tools/build-revision.sh).",
            HelpName = "directory",
        };
        var mount = new Option<string[]>("--mount")
        {
            Description = "One more app under a path, with as many backends of its own, for example /chat=samples/Chat. May be repeated.",
            DefaultValueFactory = _ => [],
            HelpName = "/name=project",
        };
        mount.Validators.Add(result =>
        {
            foreach (var wrong in result.Tokens.Where(token => AppMount.Parse(token.Value) is null))
            {
                result.AddError($"--mount {wrong.Value}: must be /name=project, the name of lower-case letters, digits and hyphens, not 'default'.");
            }
        });
        var set = new Option<string[]>("--set")
        {
            Description = "Configuration for every node, for example Pomegranate:Replication:Level=all. May be repeated.",
            DefaultValueFactory = _ => [],
            HelpName = "key=value",
        };
        set.Validators.Add(result =>
        {
            foreach (var wrong in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--set {wrong.Value}: must be key=value.");
            }
        });

        var command = new RootCommand("Runs a whole Pomegranate cluster on this machine, as real processes on loopback.")
        {
            headless, state, backends, frontends, deadline, app, durable, from, mount, set,
        };
        command.SetAction((result, _) => LocalClusterRun.RunAsync(new LocalClusterOptions(
            result.GetValue(headless),
            result.GetValue(state),
            result.GetValue(backends),
            result.GetValue(frontends),
            TimeSpan.FromSeconds(result.GetValue(deadline)),
            result.GetValue(app),
            result.GetValue(durable),
            result.GetValue(from),
            [.. result.GetValue(mount)!.Select(text => AppMount.Parse(text)!).DistinctBy(mounted => mounted.Name)],
            [.. result.GetValue(set)!.Select(Setting)])));
        return command;
    }

    private static Option<int> Count(string name, string description, int fallback)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = "count" };
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) is < 1 or > MostOfOneKind)
            {
                result.AddError($"{name} must be between 1 and {MostOfOneKind}.");
            }
        });
        return option;
    }

    private static KeyValuePair<string, string> Setting(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return new(text[..equals], text[(equals + 1)..]);
    }
}
