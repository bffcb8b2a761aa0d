using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.LocalCluster.CommandLine;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Headless">Take line commands from standard input instead of key presses.</param>
/// <param name="State">Where to keep the nodes as JSON, if anywhere.</param>
/// <param name="ReadyWithin">How long the nodes may take to be ready.</param>
/// <param name="App">The project that the backends run; the Portal if none.</param>
/// <param name="Durable">Where the backends keep their sessions on disk, a directory each; in memory only if none.</param>
/// <param name="From">The copy of the repository that has built what the nodes run; this one if none.</param>
/// <param name="Mounts">The apps beside it, each under a path and with backends of its own.</param>
/// <param name="Settings">Configuration for every node, beside what makes it a node.</param>
internal sealed record LocalClusterOptions(
    bool Headless,
    FileInfo? State,
    int Backends,
    int Frontends,
    TimeSpan ReadyWithin,
    string? App,
    DirectoryInfo? Durable,
    DirectoryInfo? From,
    IReadOnlyList<AppMount> Mounts,
    IReadOnlyList<KeyValuePair<string, string>> Settings);
