namespace Pomegranate.Pbm;

/// <summary>One run of pbm: finds the node to ask, then the command.</summary>
internal static class PbmProgram
{
    public static async Task<int> RunAsync(string[] args, PbmConsole console)
    {
        try
        {
            // No palette has a colon in its name, and no address is without.
            var isNamed = args is [var first, ..] && first.Contains(':', StringComparison.Ordinal) && !first.StartsWith('-');
            var node = isNamed
                ? NodeEndpoint.Parse(args[0], "The node")
                : console.Variable(NodeEndpoint.Variable) is { Length: > 0 } variable
                    ? NodeEndpoint.Parse(variable, NodeEndpoint.Variable)
                    : NodeEndpoint.Default;
            var rest = isNamed ? args[1..] : args;
            return rest.Length == 0 ? await Prompt.RunAsync(node, console) : await InvokeAsync(rest, node, console);
        }
        catch (PbmException exception)
        {
            await console.Error.WriteLineAsync(exception.Message);
            return exception.ExitCode;
        }
    }

    /// <summary>Runs one command; what it fails with is printed, so that a prompt can go on.</summary>
    public static async Task<int> InvokeAsync(string[] args, NodeEndpoint node, PbmConsole console)
    {
        try
        {
            if (args is not [HealthCommand.Name])
            {
                return await CommandTree.InvokeAsync(args, node, console);
            }

            using var client = new ManagementClient(node, CommandRunner.DefaultTimeout);
            return await HealthCommand.RunAsync(new CommandContext(client, console, IsJson: false, CancellationToken.None));
        }
        catch (PbmException exception)
        {
            await console.Error.WriteLineAsync(exception.Message);
            return exception.ExitCode;
        }
    }
}
