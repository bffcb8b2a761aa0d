using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Pomegranate.LocalCluster.Processes;

/// <summary>The signals .NET cannot send by itself.</summary>
internal static class PosixSignals
{
    private static readonly bool IsMac = OperatingSystem.IsMacOS();

    public static int Interrupt => 2;

    public static int Terminate => 15;

    // Stop and continue have the numbers of BSD on macOS.
    public static int Stop => IsMac ? 17 : 19;

    public static int Continue => IsMac ? 19 : 18;

    /// <summary>Sends a signal; a process that has just ended is not an error.</summary>
    /// <exception cref="LocalClusterException">The system has no signals (Windows), or refuses.</exception>
    public static void Send(int pid, int signal)
    {
        const int NoSuchProcess = 3;
        if (OperatingSystem.IsWindows())
        {
            throw new LocalClusterException("Windows has no signals: only kill and restart work there.");
        }

        if (Kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
        {
            throw new LocalClusterException($"Signal {signal} to process {pid}: {new Win32Exception(error).Message}.");
        }
    }

    /// <summary>
    /// Makes SIGINT arrive although whoever started this process has it ignored, which .NET would respect. A script's
    /// shell does that to every command it starts in the background, and a script must be able to stop a cluster so.
    /// </summary>
    public static void HeedInterrupt()
    {
        if (!OperatingSystem.IsWindows())
        {
            // A null handler is SIG_DFL.
            _ = Handle(Interrupt, 0);
        }
    }

    [DllImport("libc", EntryPoint = "signal", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Handle(int signal, nint handler);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
