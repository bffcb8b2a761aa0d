using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Compose;

/// <summary>The Docker way of the README, with real containers: up, look, kill, go on, restart.</summary>
[Collection("cluster")]
public class ComposeTests
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(12);
    private static readonly TimeSpan StepDeadline = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Up_KillABackend_TheSessionGoesOn()
    {
        await RunAsync(BuildDeadline, "docker-compose", "up", "-d", "--build");
        try
        {
            await MembersAsync(6);
            using var handler = new HttpClientHandler { CookieContainer = new CookieContainer() };
            using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
            await OpenAsync(http, 8080);
            await OpenAsync(http, 8081);
            var first = await CountAsync(http, 8080);
            Assert.Equal(1, first.N);

            await RunAsync(StepDeadline, "docker-compose", "kill", first.Node);

            // The request meets the death and is answered by the next home; the other frontend knows the session too.
            var second = await CountAsync(http, 8080);
            Assert.Equal(2, second.N);
            Assert.NotEqual(first.Node, second.Node);
            Assert.Equal(3, (await CountAsync(http, 8081)).N);
            await MembersAsync(5);

            // Graceful: nothing is held up, nothing is lost.
            await RunAsync(StepDeadline, "docker-compose", "stop", second.Node);
            Assert.Equal(4, (await CountAsync(http, 8080)).N);
            await MembersAsync(4);

            await RunAsync(StepDeadline, "docker-compose", "start", first.Node, second.Node);
            await MembersAsync(6);
            Assert.Equal(5, (await CountAsync(http, 8081)).N);
        }
        finally
        {
            await RunAsync(StepDeadline, "docker-compose", "down", "--volumes", "--timeout", "5");
        }
    }

    private static async Task<Answer> CountAsync(HttpClient http, int port) =>
        (await http.GetFromJsonAsync<Answer>(new Uri($"http://127.0.0.1:{port}/counter")))!;

    /// <summary>A frontend opens once a backend takes sessions, a little after it has become a member.</summary>
    private static Task OpenAsync(HttpClient http, int port) => Await.UntilAsync(
        $"the frontend at {port} open", StepDeadline,
        async () => (await http.GetAsync(new Uri($"http://127.0.0.1:{port}/plain"))).IsSuccessStatusCode);

    private static Task MembersAsync(int count) => Await.UntilAsync(
        $"pbm shows {count} members up", StepDeadline,
        async () =>
        {
            var shown = await TryRunAsync(StepDeadline, "docker-compose", "exec", "-T", "lighthouse", "pbm", "cluster", "show");
            return shown.Output.Contains($"Count: {count} nodes", StringComparison.Ordinal)
                && shown.Output.Split('\n').Count(l => l.Contains("| up | reachable |", StringComparison.Ordinal)) == count;
        });

    private static async Task RunAsync(TimeSpan deadline, string program, params string[] arguments)
    {
        var (exitCode, output) = await TryRunAsync(deadline, program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} exited with {exitCode}: {output}");
    }

    private static async Task<(int ExitCode, string Output)> TryRunAsync(TimeSpan deadline, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = RepoPaths.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(deadline);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output + await errors);
    }

    private sealed record Answer(int N, string Node);
}
