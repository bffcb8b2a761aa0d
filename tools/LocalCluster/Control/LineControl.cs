using Pomegranate.LocalCluster.Output;

namespace Pomegranate.LocalCluster.Control;

/// <summary>
/// Commands as lines on standard input: <c>kill|stop|hang|resume|restart NODE</c>, <c>show</c>, <c>quit</c>.
/// Each is answered by a line that begins with <c>ok</c> or <c>error</c>. <c>restart NODE DIRECTORY</c> starts the node as
/// another copy of the repository has built it, and so from then on.
/// </summary>
internal static class LineControl
{
    /// <summary>Returns on <c>quit</c>. The end of the input ends nothing: whoever detached us still wants the cluster.</summary>
    public static async Task RunAsync(NodeCommands commands, CancellationToken cancellation)
    {
        // On a terminal, reading in the background would stop this process (SIGTTIN).
        if (Console.IsInputRedirected)
        {
            while (await ReadLineAsync(cancellation) is { } line)
            {
                switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    case []:
                        break;
                    case ["quit"]:
                        return;
                    case ["show"]:
                        await commands.ShowAsync(cancellation);
                        break;
                    case ["restart", var node, var copy]:
                        commands.Do("restart", node, copy);
                        break;
                    case [var verb, var node]:
                        commands.Do(verb, node);
                        break;
                    default:
                        Terminal.Fail($"error {line}: expected one of {NodeCommands.Known} and a node, or show, or quit.");
                        break;
                }
            }
        }

        await Task.Delay(Timeout.Infinite, cancellation);
    }

    private static async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        try
        {
            // The console's reader blocks whatever it is told, so it waits on a thread that nobody waits for.
            return await Task.Run(Console.In.ReadLine, cancellation).WaitAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Started with its standard input closed.
            return null;
        }
    }
}
