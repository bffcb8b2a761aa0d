using System.CommandLine.Parsing;

namespace Pomegranate.Pbm;

/// <summary>pbm without a command: reads commands line by line, from a person or from a pipe.</summary>
internal static class Prompt
{
    /// <returns>0, or for a pipe the exit code of the last command that failed: a script must not fail unseen.</returns>
    public static async Task<int> RunAsync(NodeEndpoint node, PbmConsole console)
    {
        var failed = ExitCode.Ok;
        while (true)
        {
            if (!console.IsInputRedirected)
            {
                await console.Out.WriteAsync($"[{node}] pbm> ");
            }

            var line = (await console.In.ReadLineAsync())?.Trim();
            switch (line)
            {
                case null or "exit" or "quit":
                    return console.IsInputRedirected ? failed : ExitCode.Ok;
                case "":
                    continue;
                case "help":
                    await CommandTree.InvokeAsync(["--help"], node, console);
                    continue;
            }

            var exitCode = await PbmProgram.InvokeAsync([.. CommandLineParser.SplitCommandLine(line)], node, console);
            failed = exitCode == ExitCode.Ok ? failed : exitCode;
        }
    }
}
