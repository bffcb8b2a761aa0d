using System.Diagnostics;

namespace Pomegranate.LocalCluster.Processes;

/// <summary>
/// Ends the nodes if LocalCluster itself is killed. A shell reads the list of live processes from a pipe; when the
/// pipe ends, which the kernel sees to however its writer died, the shell kills whoever was on the last line.
/// </summary>
/// <remarks>
/// Rejected: a parent-death signal (Linux only, and not to be had through <see cref="Process"/>), and nodes watching
/// their parent (then they would not be the programs that run in production). Not on Windows: there is no such shell.
/// </remarks>
internal sealed class OrphanWatch : IDisposable
{
    // Ctrl+C reaches every process of the terminal: the shell must outlive it, for the nodes may not.
    private const string Script = "trap '' INT TERM HUP; while read -r line; do nodes=$line; done; [ -z \"$nodes\" ] || kill -KILL $nodes";
    private readonly Lock _lock = new();
    private readonly Process? _shell;

    public OrphanWatch()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _shell = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Script },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
    }

    /// <summary>Says which processes are to end with this one: all of them, each time.</summary>
    public void Watch(IEnumerable<int> pids)
    {
        lock (_lock)
        {
            try
            {
                _shell?.StandardInput.WriteLine(string.Join(' ', pids));
                _shell?.StandardInput.Flush();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The shell is gone: the nodes have lost a safety net, not their cluster.
            }
        }
    }

    public void Dispose()
    {
        Watch([]);
        lock (_lock)
        {
            _shell?.Dispose();
        }
    }
}
