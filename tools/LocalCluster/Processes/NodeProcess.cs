using System.Diagnostics;
using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.LocalCluster.Processes;

/// <summary>
/// A node and the process it runs in, if any. Commands come one at a time; the end of a process may come at any time.
/// </summary>
/// <remarks>
/// <code>
///             Start               Hang
///   Stopped ---------> Running ---------> Hung
///      ^                 |  ^---------------|
///      |   exit          |       Resume     |
///      +-----------------+------------------+  (Kill works on both)
/// </code>
/// </remarks>
internal sealed class NodeProcess(NodeSpec spec, ClusterPlan plan, NodeLog log)
{
    private readonly Lock _lock = new();
    private Process? _process;
    private Task _ended = Task.CompletedTask;

    /// <summary>The process began, ended, hung or went on.</summary>
    public event Action? Changed;

    public NodeSpec Spec => spec;

    public NodeLog Log => log;

    /// <summary>What it runs from its next start on; another build of the same, where a cluster is upgraded node by node.</summary>
    public NodeProgram Program { get; set; } = spec.Program;

    public NodeState State { get; private set; }

    public int? Pid { get; private set; }

    /// <summary>Of the process that ended last.</summary>
    public int? LastExitCode { get; private set; }

    /// <summary>Completes when the process started last has ended and its last line has been read.</summary>
    public Task Ended => _ended;

    public void Start()
    {
        Require(NodeState.Stopped, "runs already");
        string[] command = [.. spec.Launcher, Repository.DotNet, Program.Assembly];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = Program.Directory,

            // All three: a child that shares the terminal makes .NET change the terminal's mode under our key presses.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in plan.EnvironmentOf(spec))
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        lock (_lock)
        {
            (_process, Pid, State) = (process, process.Id, NodeState.Running);
        }

        _ended = WatchAsync(process);
        Changed?.Invoke();
    }

    /// <summary>SIGKILL: the process is gone before it knows.</summary>
    public void Kill()
    {
        RequireProcess();
        lock (_lock)
        {
            _process?.Kill();
        }
    }

    /// <summary>SIGTERM: the node leaves the cluster and ends.</summary>
    public void Stop()
    {
        Require(NodeState.Running, State == NodeState.Hung ? "is hung: resume it first" : "does not run");
        Signal(PosixSignals.Terminate, NodeState.Running);
    }

    /// <summary>SIGSTOP: the process keeps its connections and does nothing.</summary>
    public void Hang()
    {
        Require(NodeState.Running, State == NodeState.Hung ? "is hung already" : "does not run");
        Signal(PosixSignals.Stop, NodeState.Hung);
    }

    /// <summary>SIGCONT: the process goes on where it was.</summary>
    public void Resume()
    {
        Require(NodeState.Hung, "is not hung");
        Signal(PosixSignals.Continue, NodeState.Running);
    }

    private void Signal(int signal, NodeState next)
    {
        lock (_lock)
        {
            if (Pid is { } pid)
            {
                PosixSignals.Send(pid, signal);
                State = next;
            }
        }

        Changed?.Invoke();
    }

    private void Require(NodeState state, string otherwise)
    {
        if (State != state)
        {
            throw new LocalClusterException($"{spec.Name} {otherwise}.");
        }
    }

    private void RequireProcess()
    {
        if (State == NodeState.Stopped)
        {
            throw new LocalClusterException($"{spec.Name} does not run.");
        }
    }

    private async Task WatchAsync(Process process)
    {
        var output = log.CopyAsync(process.StandardOutput);
        var errors = log.CopyAsync(process.StandardError);
        await process.WaitForExitAsync();
        await Task.WhenAll(output, errors);
        var code = process.ExitCode;
        lock (_lock)
        {
            (_process, Pid, State, LastExitCode) = (null, null, NodeState.Stopped, code);
            process.Dispose();
        }

        log.Say(code == 0 ? "has ended." : $"has ended with exit code {code}{Meaning(code)}.");
        Changed?.Invoke();
    }

    // What a shell would print: 128 and the signal's number.
    private static string Meaning(int code) => code switch
    {
        137 => " (killed)",
        143 => " (terminated)",
        _ => "",
    };
}
