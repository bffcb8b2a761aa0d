using System.Globalization;

namespace Pomegranate.Bench.Measuring;

/// <summary>What Linux says in /proc. Times are in clock ticks, of which there are 100 a second.</summary>
internal static class ProcFile
{
    public const int TicksPerSecond = 100;

    /// <summary>The CPU a process has used, and that of its children that have ended; null where it is gone.</summary>
    public static (int Parent, long Own, long Reaped)? Times(int pid)
    {
        try
        {
            // The name in brackets may hold anything.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return ((int)Number(fields[1]), Number(fields[11]) + Number(fields[12]), Number(fields[13]) + Number(fields[14]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The process and all below it.</summary>
    public static IReadOnlyList<int> Tree(int root)
    {
        var children = Directory.GetDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Select(pid => (Pid: pid, Times(pid)?.Parent))
            .ToLookup(p => p.Parent ?? 0, p => p.Pid);
        var all = new List<int> { root };
        for (var i = 0; i < all.Count; i++)
        {
            all.AddRange(children[all[i]]);
        }

        return all;
    }

    /// <summary>Bytes of memory; a page that processes share counts in parts (PSS) where we may know.</summary>
    public static long Memory(int pid)
    {
        try
        {
            return Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:") * 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            try
            {
                return Kilobytes($"/proc/{pid}/status", "VmRSS:") * 1024;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    /// <summary>Ticks that the machine was busy, over all CPUs.</summary>
    public static long MachineBusy()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);

        // user nice system - - irq softirq; idle, iowait and what the hypervisor took are not ours to count.
        return Number(fields[1]) + Number(fields[2]) + Number(fields[3]) + Number(fields[6]) + Number(fields[7]);
    }

    private static long Kilobytes(string path, string name) => File.ReadLines(path)
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]))
        .FirstOrDefault();

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
