using System.Globalization;
using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Processes;

namespace Pomegranate.LocalCluster.Control;

/// <summary>Commands as key presses: a letter, and for most of them a node's number.</summary>
internal static class KeyControl
{
    /// <summary>What the keys do.</summary>
    public const string Help = "Keys: s show members, k kill, h hang or resume, t stop, r restart, q quit";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when q was pressed.</summary>
    public static async Task RunAsync(NodeCommands commands, CancellationToken cancellation)
    {
        while (true)
        {
            switch (await ReadKeyAsync(cancellation))
            {
                case 'q':
                    return;
                case 's':
                    await commands.ShowAsync(cancellation);
                    break;
                case 'k':
                    await OnNodeAsync(commands, "kill", "kill", cancellation);
                    break;
                case 'h':
                    await OnNodeAsync(commands, "hang or resume", null, cancellation);
                    break;
                case 't':
                    await OnNodeAsync(commands, "stop", "stop", cancellation);
                    break;
                case 'r':
                    await OnNodeAsync(commands, "restart", "restart", cancellation);
                    break;
                default:
                    Terminal.Say(Help);
                    break;
            }
        }
    }

    /// <param name="verb">None stands for the one of hang and resume that the node's state leaves.</param>
    private static async Task OnNodeAsync(NodeCommands commands, string question, string? verb, CancellationToken cancellation)
    {
        Terminal.Say($"{question}: {string.Join("  ", commands.Nodes.Select((node, i) => $"{Label(i)} {node.Spec.Name}"))}");
        var key = await ReadKeyAsync(cancellation);
        var node = commands.Nodes.Where((_, i) => Label(i) == key).FirstOrDefault();
        if (node is null)
        {
            Terminal.Say("Nothing done.");
            return;
        }

        commands.Do(verb ?? (node.State == NodeState.Hung ? "resume" : "hang"), node.Spec.Name);
    }

    // One key for each node: 1 to 9, then letters.
    private static char Label(int index) => index < 9
        ? (index + 1).ToString(CultureInfo.InvariantCulture)[0]
        : (char)('a' + index - 9);

    private static async Task<char> ReadKeyAsync(CancellationToken cancellation)
    {
        // Asked, not awaited: a blocked ReadKey cannot be cancelled and would keep the terminal in its mode.
        while (!Console.KeyAvailable)
        {
            await Task.Delay(Pause, cancellation);
        }

        return char.ToLowerInvariant(Console.ReadKey(intercept: true).KeyChar);
    }
}
