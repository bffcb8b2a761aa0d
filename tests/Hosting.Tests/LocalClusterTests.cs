using System.Diagnostics;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests;

/// <summary>LocalCluster runs what is a backend, and nothing else.</summary>
public sealed class LocalClusterTests
{
    [Fact]
    public async Task App_WithoutTheLine_IsRefusedWithTheRemedy()
    {
        // A program of ours that is no backend.
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [RepoPaths.LocalCluster, "--headless", "--app", Path.Combine(RepoPaths.Root, "tools", "pbm")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;

        var printed = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("does not call AddPomegranateBackend()", printed.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }
}
