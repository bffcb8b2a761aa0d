namespace Pomegranate.LocalCluster.Output;

/// <summary>What one node prints: shown with its name in its colour, the last lines kept for the day it does not start.</summary>
/// <param name="file">Where to write instead of the terminal.</param>
internal sealed class NodeLog(string name, int number, TextWriter? file = null)
{
    private const int KeptLines = 40;
    private static readonly string[] Colors = ["yellow", "deepskyblue1", "green3", "mediumpurple1", "darkorange", "turquoise2", "hotpink", "olive"];
    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new();

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lock)
            {
                return [.. _last];
            }
        }
    }

    private string Color => Colors[number % Colors.Length];

    /// <summary>Copies a process's output until it ends.</summary>
    public async Task CopyAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _last.Enqueue(line);
                if (_last.Count > KeptLines)
                {
                    _last.Dequeue();
                }
            }

            Write(line, Color, line, StyleOf(line));
        }
    }

    /// <summary>A word of ours about the node.</summary>
    public void Say(string text) => Write(text, $"bold {Color}", $"{name} {text}", style: null);

    private void Write(string plain, string prefixStyle, string text, string? style)
    {
        if (file is null)
        {
            Terminal.Line(name, prefixStyle, text, style);
            return;
        }

        lock (_lock)
        {
            file.WriteLine(plain);
        }
    }

    // The level words of the console logger.
    private static string? StyleOf(string line) =>
        line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal) ? "red"
        : line.Contains("warn: ", StringComparison.Ordinal) ? "yellow"
        : null;
}
