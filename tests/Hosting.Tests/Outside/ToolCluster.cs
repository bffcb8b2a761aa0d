using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>A lighthouse and a frontend as installed tools, and two backends with a built app.</summary>
internal sealed class ToolCluster : IAsyncDisposable
{
    private readonly OutsideFolder _folder;
    private readonly Dictionary<string, Process> _nodes = [];
    private readonly ConcurrentQueue<string> _log = new();
    private readonly HttpClient _http;
    private readonly int _seed = FreePort.Next();
    private readonly int _management = FreePort.Next();

    public ToolCluster(OutsideFolder folder, string app)
    {
        _folder = folder;
        var http = FreePort.Next();
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{http}"),
        };
        Start("lighthouse", Tool("pomegranate-lighthouse"), [], _seed, _management);
        Start("backend1", "dotnet", [Path.Combine(folder.Path, app, "bin", "Release", "net10.0", $"{app}.dll")]);
        Start("backend2", "dotnet", [Path.Combine(folder.Path, app, "bin", "Release", "net10.0", $"{app}.dll")]);
        Start("frontend", Tool("pomegranate-frontend"), ["--urls", _http.BaseAddress.ToString()]);
    }

    public Task AwaitAnswerAsync() => Await.UntilAsync(
        "two backends and an answer", TimeSpan.FromSeconds(90),
        async () => (await _http.GetAsync("/count")).IsSuccessStatusCode && (await PbmAsync("cluster", "show")).Contains("4 nodes", StringComparison.Ordinal),
        () => string.Join(Environment.NewLine, _log));

    public async Task<(int Count, string Node)> CountAsync()
    {
        using var answer = await _http.GetAsync("/count");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {text} {string.Join(Environment.NewLine, _log)}");
        return text.Split(' ') is [var count, var node] ? (int.Parse(count, CultureInfo.InvariantCulture), node) : throw new InvalidOperationException(text);
    }

    public async Task<string> PbmAsync(params string[] command)
    {
        using var pbm = Process.Start(new ProcessStartInfo(Tool("pbm"), [$"127.0.0.1:{_management}", .. command]) { RedirectStandardOutput = true })!;
        var output = await pbm.StandardOutput.ReadToEndAsync();
        await pbm.WaitForExitAsync();
        return output;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill(string node) => _nodes[node].Kill();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var node in _nodes.Values)
        {
            node.Kill(entireProcessTree: true);
            await node.WaitForExitAsync();
            node.Dispose();
        }
    }

    private string Tool(string name) => Path.Combine(_folder.Path, "tools", name);

    private void Start(string name, string program, string[] arguments, int port = 0, int management = 0)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Pomegranate__Cluster__NodeName"] = name,
                ["Pomegranate__Cluster__Hostname"] = "127.0.0.1",
                ["Pomegranate__Cluster__Port"] = $"{port}",
                ["Pomegranate__Cluster__Seeds__0"] = $"127.0.0.1:{_seed}",
                ["Pomegranate__Management__Port"] = $"{management}",
            },
        };
        var process = _nodes[name] = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _log.Enqueue($"{name}: {line.Data}");
        process.ErrorDataReceived += (_, line) => _log.Enqueue($"{name}: {line.Data}");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }
}
