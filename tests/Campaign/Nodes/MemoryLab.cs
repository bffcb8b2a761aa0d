using System.Globalization;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// A control group for each node, in which its memory can be made scarce: hardly more than it has taken itself, so that
/// its program's own pages are thrown out and read back again and again, and it is killed if it takes more. Linux, root,
/// and the memory controller of cgroups, version 1 or 2.
/// </summary>
internal sealed class MemoryLab : IDisposable
{
    private const string Root1 = "/sys/fs/cgroup/memory";
    private const string Root2 = "/sys/fs/cgroup";
    private readonly Dictionary<string, string> _groups;

    public MemoryLab(IReadOnlyList<string> nodes)
    {
        _groups = nodes.ToDictionary(node => node, PathOf);
        foreach (var orphan in LabNames.Orphans(Directory.GetDirectories(Root, $"{LabNames.Prefix}*")))
        {
            Remove(orphan);
        }

        _groups.Values.ToList().ForEach(path => Directory.CreateDirectory(path));
    }

    private static bool IsVersion1 => Directory.Exists(Root1);

    private static string Root => IsVersion1 ? Root1 : Root2;

    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "control groups are Linux's"
        : Environment.UserName != "root" ? "control groups need root"
        : IsVersion1 || (File.Exists($"{Root2}/cgroup.subtree_control") && File.ReadAllText($"{Root2}/cgroup.subtree_control").Contains("memory", StringComparison.Ordinal))
            ? null : "no control group can limit memory here";

    public IReadOnlyList<string> Launcher(string node) => ["sh", "-c", $"echo $$ > {_groups[node]}/cgroup.procs; exec \"$0\" \"$@\""];

    /// <returns>What the node may have from now on, in MB.</returns>
    public long Squeeze(string node)
    {
        // The kernel refuses a limit that it cannot reach by throwing pages out.
        var group = _groups[node];
        var own = Own(group);
        for (var slack = 8L << 20; ; slack *= 2)
        {
            try
            {
                Limit(group, (own + slack).ToString(CultureInfo.InvariantCulture));
                return (own + slack) >> 20;
            }
            catch (IOException) when (slack < 1L << 30)
            {
                // More, then.
            }
        }
    }

    public void Release(string node) => Limit(_groups[node], IsVersion1 ? "-1" : "max");

    public void Dispose() => _groups.Values.ToList().ForEach(Remove);

    private static string PathOf(string node) => Path.Combine(Root, $"{LabNames.Own}-{node}");

    private static void Limit(string group, string bytes) => File.WriteAllText(Path.Combine(group, IsVersion1 ? "memory.limit_in_bytes" : "memory.high"), bytes);

    /// <summary>What cannot be thrown out: there is nowhere to put it.</summary>
    private static long Own(string group) => File.ReadLines(Path.Combine(group, "memory.stat"))
        .Select(line => line.Split(' '))
        .Where(words => words[0] == (IsVersion1 ? "rss" : "anon"))
        .Select(words => long.Parse(words[1], CultureInfo.InvariantCulture))
        .First();

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path);
        }
        catch (IOException)
        {
            // A process still ends in it: the next campaign removes it.
        }
    }
}
