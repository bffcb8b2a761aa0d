using System.Diagnostics;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Upgrades;

/// <summary>
/// The build that a cluster is upgraded from, named in <c>previous-build.txt</c>: made from the repository's history at
/// its first use, and kept in <c>artifacts/builds</c>.
/// </summary>
internal static class PreviousBuild
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    /// <summary>Why there can be none; null where there can. A clone that merely is too shallow is a failure, not this.</summary>
    public static string? Obstacle { get; } = Path.Exists(Path.Combine(RepoPaths.Root, ".git"))
        ? null
        : "The previous build is made from the repository's history, and these sources are no git repository: clone it.";

    /// <returns>The copy of the repository that has built it.</returns>
    public static async Task<string> MakeAsync()
    {
        var start = new ProcessStartInfo(
            Path.Combine(RepoPaths.Root, "tools", "build-revision.sh"),
            [(await File.ReadAllTextAsync(Path.Combine(RepoPaths.Root, "tests/EndToEnd.Tests/Upgrades/previous-build.txt"))).Trim(), RepoPaths.Configuration])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var script = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Deadline);
        var output = script.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = script.StandardError.ReadToEndAsync(limit.Token);
        await script.WaitForExitAsync(limit.Token);
        Assert.True(script.ExitCode == 0, $"The previous build was not made: {await errors}{await output}");
        return (await output).Trim();
    }
}
