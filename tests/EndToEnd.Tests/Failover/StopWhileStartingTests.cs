using System.Diagnostics;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Failover;

/// <summary>A node that is told to stop before it has come up has not failed: its supervisor is not to see an error.</summary>
[Collection("cluster")]
public class StopWhileStartingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Sigterm_OfAFrontendThatWaitsForABackend_EndsWith0()
    {
        var start = new ProcessStartInfo("dotnet", RepoPaths.Frontend) { RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Pomegranate__Cluster__Hostname"] = "127.0.0.1";
        start.Environment["Pomegranate__Cluster__PublicHostname"] = "127.0.0.1";
        start.Environment["Pomegranate__Cluster__Port"] = "0";
        start.Environment["Pomegranate__Management__Port"] = "0";

        // Nobody is there, so it waits.
        start.Environment["Pomegranate__Cluster__Seeds__0"] = "127.0.0.1:1";
        using var frontend = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        while (await frontend.StandardOutput.ReadLineAsync(limit.Token) is { } line && !line.Contains("liveness port of", StringComparison.Ordinal))
        {
        }

        var rest = frontend.StandardOutput.ReadToEndAsync(limit.Token);
        using var kill = Process.Start("kill", ["-TERM", $"{frontend.Id}"]);
        await frontend.WaitForExitAsync(limit.Token);

        Assert.True(frontend.ExitCode == 0, $"It ended with {frontend.ExitCode}: {await rest}");
    }
}
