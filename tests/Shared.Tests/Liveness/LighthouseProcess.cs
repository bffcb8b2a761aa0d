using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Akka.Actor;

namespace Pomegranate.Shared.Tests.Liveness;

/// <summary>A real lighthouse process on loopback: a member whose death is a kernel's doing, not a simulation.</summary>
internal sealed partial class LighthouseProcess : IDisposable
{
    private const int TerminateSignal = 15;
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    private LighthouseProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public Address Address => new("akka.tcp", "pomegranate", "127.0.0.1", Port);

    /// <param name="seed">The seed's port.</param>
    public static LighthouseProcess Start(int port, int seed)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Pomegranate.Lighthouse.dll") },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Pomegranate__Cluster__Hostname"] = "127.0.0.1";
        start.Environment["Pomegranate__Cluster__Port"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["Pomegranate__Cluster__Seeds__0"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{seed}");

        // Several of them share this machine: the default port would do for one.
        start.Environment["Pomegranate__Management__Port"] = "0";
        var process = Process.Start(start) ?? throw new InvalidOperationException("The lighthouse did not start.");

        var lighthouse = new LighthouseProcess(process, port);

        // Read away: a full pipe would stop the process.
        process.OutputDataReceived += (_, line) => lighthouse.Note(line.Data);
        process.ErrorDataReceived += (_, line) => lighthouse.Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return lighthouse;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Assert.Equal(0, SendSignal(_process.Id, TerminateSignal));

    /// <summary>The exit code, once the process has ended by itself.</summary>
    public async Task<int> ExitCodeAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The lighthouse at port {Port} has not ended within {limit.TotalSeconds} s.");
        }

        return _process.ExitCode;
    }

    /// <summary>SIGSTOP: the process hangs and its kernel keeps its sockets.</summary>
    public void Freeze() => Assert.Equal(0, SendSignal(_process.Id, StopSignal));

    public void Thaw() => Assert.Equal(0, SendSignal(_process.Id, ContinueSignal));

    /// <summary>What it has written so far.</summary>
    public override string ToString() => string.Join(Environment.NewLine, _log.Prepend($"The lighthouse at port {Port}:"));

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _log.Enqueue(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
