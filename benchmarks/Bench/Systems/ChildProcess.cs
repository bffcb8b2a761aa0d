using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pomegranate.Bench.Systems;

/// <summary>A process of ours: its output goes to a file, and it is stopped with us.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly ConcurrentDictionary<int, ChildProcess> Running = [];
    private readonly Process _process;
    private readonly Task _log;

    private ChildProcess(Process process, Task log) => (_process, _log, Pid) = (process, log, process.Id);

    public int Pid { get; }

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(string program, IEnumerable<string> arguments, string log, string? directory = null, IEnumerable<(string Name, string Value)>? environment = null)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = directory ?? Path.GetDirectoryName(log)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var child = new ChildProcess(process, CopyAsync(process, log));
        Running[child.Pid] = child;
        return child;
    }

    /// <summary>We were told to end: so is everything we have started.</summary>
    public static void StopAll() => Task.WhenAll(Running.Values.Select(child => child.DisposeAsync().AsTask())).Wait(Patience);

    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>SIGTERM, and SIGKILL for what stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Running.TryRemove(Pid, out _))
        {
            return;
        }

        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{Pid}"]);
            await kill.WaitForExitAsync();
        }

        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _log;
        _process.Dispose();
    }

    private static async Task CopyAsync(Process process, string path)
    {
        using var gate = new SemaphoreSlim(1);
        await using var file = new StreamWriter(path, append: true) { AutoFlush = true };
        await Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));

        async Task PumpAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                await gate.WaitAsync();
                await file.WriteLineAsync(line);
                gate.Release();
            }
        }
    }
}
