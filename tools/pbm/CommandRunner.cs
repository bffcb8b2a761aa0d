using System.CommandLine;

namespace Pomegranate.Pbm;

/// <summary>Makes commands that ask one node: opens the client as the common options say, and runs the action.</summary>
internal sealed class CommandRunner(NodeEndpoint node, PbmConsole console)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    public Option<bool> Json { get; } = new("--json") { Description = "Print the node's answer as JSON.", Recursive = true };

    public Option<double> Timeout { get; } = BuildTimeout();

    public Command Command(string name, string description, Func<CommandContext, Task<int>> action)
    {
        var command = new Command(name, description);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, action, cancellation));
        return command;
    }

    public Command Command(string name, string description, Option<string?> option, Func<CommandContext, string?, Task<int>> action)
    {
        var command = Command(name, description, _ => Task.FromResult(ExitCode.Usage));
        command.Options.Add(option);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, context => action(context, parsed.GetValue(option)), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandContext, Task<int>> action, CancellationToken cancellation)
    {
        using var client = new ManagementClient(node, TimeSpan.FromSeconds(parsed.GetValue(Timeout)));
        return await action(new CommandContext(client, console, parsed.GetValue(Json), cancellation));
    }

    private static Option<double> BuildTimeout()
    {
        var option = new Option<double>("--timeout")
        {
            Description = "Seconds to wait for the node.",
            HelpName = "seconds",
            Recursive = true,
            DefaultValueFactory = _ => DefaultTimeout.TotalSeconds,
        };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValue(option) is not (> 0 and <= 3600))
            {
                result.AddError($"--timeout is '{string.Join(' ', result.Tokens)}', but must be more than 0 and at most 3600 seconds.");
            }
        });
        return option;
    }
}
