namespace Pomegranate.Pbm.Tests;

/// <summary>One run of pbm in this process, its output redirected: what it printed and its exit code.</summary>
internal sealed record PbmRun(int ExitCode, string Out, string Error)
{
    public static async Task<PbmRun> OfAsync(string commandLine, string? endpoint = null, string input = "", bool isTerminal = false)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new StringWriter { NewLine = "\n" };
        var console = new PbmConsole(new StringReader(input), output, error, IsInputRedirected: !isTerminal, IsOutputRedirected: true)
        {
            Variable = name => name == NodeEndpoint.Variable ? endpoint : null,
        };
        var exitCode = await PbmProgram.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), console);
        return new PbmRun(exitCode, output.ToString(), error.ToString());
    }
}
