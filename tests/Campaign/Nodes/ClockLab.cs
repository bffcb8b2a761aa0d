using System.Buffers.Binary;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// A wall clock of its own for each node, which can be set while it runs: a library of forty lines (<c>clock/clock.c</c>),
/// compiled when it is needed and preloaded.
/// </summary>
/// <remarks>
/// Not a time namespace: it moves only the clocks that count from the start. Not libfaketime: it also takes over the
/// waits (<c>pthread_cond_timedwait</c>, <c>epoll_wait</c>), and .NET's threads then spin.
/// </remarks>
internal sealed class ClockLab
{
    private readonly string _directory;
    private readonly string _library;

    public ClockLab(string directory)
    {
        _directory = directory;
        _library = Path.Combine(directory, "clock.so");
        Command.Run("cc", ["-shared", "-fPIC", "-O2", "-o", _library, Path.Combine(AppContext.BaseDirectory, "clock", "clock.c"), "-ldl"]);
    }

    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "preloading a library is Linux's"
        : !LabNames.IsInstalled("cc") ? "there is no C compiler: install gcc and libc6-dev"
        : null;

    public IReadOnlyList<string> Launcher(string node)
    {
        Set(node, TimeSpan.Zero);
        return ["env", $"LD_PRELOAD={_library}", $"CAMPAIGN_CLOCK={PathOf(node)}"];
    }

    /// <summary>Sets the node's clock so far ahead of the right time, or behind it.</summary>
    public void Set(string node, TimeSpan ahead)
    {
        // In its place: the node has it mapped.
        Span<byte> nanoseconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(nanoseconds, ahead.Ticks * TimeSpan.NanosecondsPerTick);
        using var file = new FileStream(PathOf(node), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(nanoseconds);
    }

    private string PathOf(string node) => Path.Combine(_directory, node + ".clock");
}
