using System.Diagnostics;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>A folder outside the repository, in which projects are built as a stranger would build them. Gone afterwards.</summary>
internal sealed class OutsideFolder : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    public string Path { get; } = Directory.CreateTempSubdirectory("pomegranate-outside-").FullName;

    public void Write(string file, string text)
    {
        var path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Runs <c>dotnet</c> here.</summary>
    /// <returns>What it printed.</returns>
    public Task<string> DotNetAsync(params string[] arguments) => DotNetAsync(Path, arguments);

    /// <summary>The same in another folder.</summary>
    public static async Task<string> DotNetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // A build server that lived on would keep what it has loaded, and this process waiting for the end of its output.
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
                ["DOTNET_NOLOGO"] = "1",
            },
        };

        // A test run's own settings are not a stranger's.
        start.Environment.Remove("MSBuildSDKsPath");
        start.Environment.Remove("CI");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)}: not within {Deadline.TotalMinutes} min. {await output}");
        }

        var printed = await output + await errors;
        return process.ExitCode == 0
            ? printed
            : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}:{Environment.NewLine}{printed}");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
