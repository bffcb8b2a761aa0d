using System.CommandLine;

namespace Pomegranate.Pbm;

/// <summary>All commands, as System.CommandLine knows them.</summary>
internal static class CommandTree
{
    public const string Usage = "pbm [host:port] <palette> <command> [options]";

    public static async Task<int> InvokeAsync(IReadOnlyList<string> args, NodeEndpoint node, PbmConsole console)
    {
        var parsed = Build(node, console).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await console.Error.WriteLineAsync(error.Message);
            }

            await console.Error.WriteLineAsync($"Usage: {Usage}. Add --help for the words that may follow, for example: pbm --help");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static RootCommand Build(NodeEndpoint node, PbmConsole console)
    {
        var runner = new CommandRunner(node, console);
        var root = new RootCommand(
            $"""
            Asks a Pomegranate node about its cluster.
            {Usage}
            host:port is a node's management endpoint; default {NodeEndpoint.Default}, or {NodeEndpoint.Variable}. Without a command, pbm reads commands line by line.
            """)
        {
            ClusterCommands.Build(runner),
            ActorCommands.Build(runner),
            SessionCommands.BuildSession(runner),
            SessionCommands.BuildShard(runner),
            runner.Command(HealthCommand.Name, "Is the node ready? Exit code 0: yes; 1: no.", HealthCommand.RunAsync),
        };
        root.Options.Add(runner.Json);
        root.Options.Add(runner.Timeout);
        return root;
    }
}
