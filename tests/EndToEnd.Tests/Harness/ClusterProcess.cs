using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>A whole cluster of real processes, started by LocalCluster; faults are injected by pid.</summary>
internal sealed class ClusterProcess : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Process _process;
    private readonly string _stateFile;
    private readonly ConcurrentQueue<string> _log = new();

    private ClusterProcess(Process process, string stateFile) => (_process, _stateFile) = (process, stateFile);

    public static async Task<ClusterProcess> StartAsync(
        int backends = 3, int frontends = 2, string app = "samples/Portal", string? durable = null, string? from = null, string? mount = null, params string[] settings)
    {
        var stateFile = Path.Combine(Path.GetTempPath(), $"pomegranate-{Guid.NewGuid():N}.json");
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = RepoPaths.Root,
        };
        string[] arguments =
        [
            RepoPaths.LocalCluster, "--headless", "--state", stateFile, "--app", app,
            "--backends", $"{backends}", "--frontends", $"{frontends}",
            .. durable is null ? [] : new[] { "--durable", durable },
            .. from is null ? [] : new[] { "--from", from },
            .. mount is null ? [] : new[] { "--mount", mount },
            .. settings.SelectMany(s => new[] { "--set", s }),
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var cluster = new ClusterProcess(Process.Start(start)!, stateFile);
        cluster._process.OutputDataReceived += (_, e) => cluster.Note(e.Data);
        cluster._process.ErrorDataReceived += (_, e) => cluster.Note(e.Data);
        cluster._process.BeginOutputReadLine();
        cluster._process.BeginErrorReadLine();
        await Await.UntilAsync(
            "every node ready", TimeSpan.FromSeconds(120),
            () => cluster._process.HasExited
                ? throw new InvalidOperationException($"LocalCluster exited with {cluster._process.ExitCode}: {cluster.LogTail()}")
                : Task.FromResult(File.Exists(stateFile)),
            cluster.LogTail);
        return cluster;
    }

    public IReadOnlyList<ClusterNode> Nodes => JsonSerializer.Deserialize<State>(File.ReadAllText(_stateFile), Json)!.Nodes;

    public IReadOnlyList<ClusterNode> Backends => [.. Nodes.Where(n => n.Role == "backend")];

    public IReadOnlyList<Uri> Frontends => [.. Nodes.Where(n => n.Role == "frontend").Select(n => new Uri(n.Http!))];

    public ClusterNode this[string name] => Nodes.Single(n => n.Name == name);

    /// <summary>The backend that hosts the shard coordinator: a singleton, so the oldest.</summary>
    public async Task<string> CoordinatorAsync()
    {
        var members = await MembersAsync();
        var oldest = members.GetProperty("oldestPerRole").GetProperty("backend").GetString()!;
        return Backends.Single(b => oldest.EndsWith(b.Cluster, StringComparison.Ordinal)).Name;
    }

    /// <summary>SIGKILL, by pid.</summary>
    public void Kill(string name) => Signal(name, "KILL");

    /// <summary>SIGKILL for all of these by one command.</summary>
    public void Kill(params string[] names) => SendSignal("KILL", [.. names.Select(name => this[name].Pid!.Value)]);

    /// <summary>SIGSTOP: the process hangs, its sockets stay open.</summary>
    public void Hang(string name) => Signal(name, "STOP");

    /// <summary>SIGCONT.</summary>
    public void Resume(string name) => Signal(name, "CONT");

    /// <summary>SIGTERM: graceful.</summary>
    public void Stop(string name) => Signal(name, "TERM");

    /// <summary>Waits for a dead process, starts it again on its ports, and waits until it is ready.</summary>
    /// <param name="from">The copy of the repository whose build it runs from now on.</param>
    public async Task RestartAsync(string name, string? from = null)
    {
        await AwaitDeadAsync(name);
        await _process.StandardInput.WriteLineAsync($"restart {name} {from}");
        await _process.StandardInput.FlushAsync();
        await Await.UntilAsync($"{name} running again", TimeSpan.FromSeconds(10), () => Task.FromResult(this[name].Pid is not null), LogTail);
        await AwaitReadyAsync(name);
    }

    /// <summary>The same for several, in this order; none is ready before the others run.</summary>
    public async Task RestartAllAsync(params string[] names)
    {
        await Task.WhenAll(names.Select(AwaitDeadAsync));
        foreach (var name in names)
        {
            await _process.StandardInput.WriteLineAsync($"restart {name}");
        }

        await _process.StandardInput.FlushAsync();
        await Await.UntilAsync("all running again", TimeSpan.FromSeconds(10), () => Task.FromResult(names.All(name => this[name].Pid is not null)), LogTail);
        await Task.WhenAll(names.Select(AwaitReadyAsync));
    }

    public Task AwaitDeadAsync(string name) =>
        Await.UntilAsync($"the process of {name} dead", TimeSpan.FromSeconds(40), () => Task.FromResult(this[name].Pid is null), LogTail);

    public Task AwaitReadyAsync(string name) => Await.UntilAsync(
        $"{name} ready", TimeSpan.FromSeconds(60),
        async () => (await Http.GetAsync(new Uri($"{this[name].Management}/ready"))).IsSuccessStatusCode, LogTail);

    /// <summary>Waits until the members that are up, as a frontend sees them, are so many, and none is unreachable.</summary>
    public Task AwaitMembersAsync(int count) => Await.UntilAsync(
        $"{count} members up", TimeSpan.FromSeconds(40),
        async () =>
        {
            var members = await MembersAsync();
            return members.GetProperty("members").EnumerateArray().Count(m => m.GetProperty("status").GetString() == "Up") == count
                && members.GetProperty("members").GetArrayLength() == count
                && members.GetProperty("unreachable").GetArrayLength() == 0;
        },
        LogTail);

    /// <summary>The last lines of all, and before them the last of each node that has ended: those tell why.</summary>
    public string LogTail()
    {
        var log = _log.ToArray();
        var nodes = File.Exists(_stateFile) ? Nodes : [];
        var ended = nodes.Where(node => node.Pid is null)
            .SelectMany(node => log.Where(line => line.StartsWith(node.Name + " ", StringComparison.Ordinal)).TakeLast(20));
        return Environment.NewLine + string.Join(Environment.NewLine, ended.Concat(log.TakeLast(40)));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            SendSignal("TERM", _process.Id);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
        File.Delete(_stateFile);
    }

    private async Task<JsonElement> MembersAsync()
    {
        var frontend = Nodes.First(n => n is { Role: "frontend", Pid: not null });
        return await Http.GetFromJsonAsync<JsonElement>(new Uri($"{frontend.Management}/cluster/members"));
    }

    private void Signal(string name, string signal) =>
        SendSignal(signal, this[name].Pid ?? throw new InvalidOperationException($"{name} does not run."));

    private static void SendSignal(string signal, params int[] pids)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. pids.Select(pid => $"{pid}")]);
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"kill -{signal} {string.Join(' ', pids)} failed.");
        }
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _log.Enqueue(line);
            while (_log.Count > 4000)
            {
                _log.TryDequeue(out _);
            }
        }
    }

    private sealed record State(IReadOnlyList<ClusterNode> Nodes);
}

/// <summary>A node as LocalCluster's state file has it; no pid while it does not run.</summary>
internal sealed record ClusterNode(string Name, string Role, int? Pid, string? Http, string Management, string Cluster)
{
    /// <summary>The copy of the repository that has built what its process runs: <c>dotnet PROGRAM</c>.</summary>
    public string Build => RepoPaths.RootOf(File.ReadAllText($"/proc/{Pid}/cmdline").Split('\0')[1]);
}
