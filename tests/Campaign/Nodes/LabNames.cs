namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// What a campaign makes in the system carries its process's id in the name: two at once do not meet, and what a killed
/// one has left is known by its owner being gone.
/// </summary>
internal static class LabNames
{
    public const string Prefix = "pgc";

    /// <summary>Where mounts and locks are: it is gone with the next start of the machine.</summary>
    public const string RunDirectory = "/run";

    private static readonly string[] ProgramDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/bin"];

    public static string Own { get; } = $"{Prefix}{Environment.ProcessId}";

    /// <summary>Those of the paths that belong to no campaign that still runs.</summary>
    public static IEnumerable<string> Orphans(IEnumerable<string> paths) =>
        paths.Where(path => int.TryParse(OwnerOf(path)[Prefix.Length..], out var pid) && !Directory.Exists($"/proc/{pid}"));

    /// <summary>The name before the first hyphen.</summary>
    public static string OwnerOf(string path) => Path.GetFileName(path).Split('-')[0];

    public static bool IsInstalled(string program) => ProgramDirectories.Any(directory => File.Exists(Path.Combine(directory, program)));
}
