using System.Diagnostics;

namespace Pomegranate.Campaign.Nodes;

/// <summary>Runs a program of the system to its end.</summary>
internal static class Command
{
    /// <summary>For what may have been done already: that it fails says nothing.</summary>
    public static void Try(string program, IEnumerable<string> arguments)
    {
        try
        {
            Run(program, arguments);
        }
        catch (CampaignException)
        {
            // There was nothing to do, or somebody else has done it.
        }
    }

    /// <param name="input">What it reads from its standard input.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="CampaignException">It failed; the message has what it said.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string input = "", string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Result
            : throw new CampaignException($"{program} {string.Join(' ', start.ArgumentList)} {input}: exit code {process.ExitCode}. {output.Result}{errors.Result}");
    }
}
