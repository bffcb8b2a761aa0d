using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.CommandLine;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Seed">Of the first run; each further run has the next.</param>
/// <param name="Kinds">The faults that may happen.</param>
/// <param name="Only">The episodes of the schedule that happen; all where empty.</param>
/// <param name="Think">A client's mean pause between two operations.</param>
/// <param name="Deadline">How long any request may take to be answered.</param>
/// <param name="WholeWithin">How long the cluster may take to be whole after an episode.</param>
/// <param name="Logs">A directory for histories and the nodes' logs.</param>
/// <param name="Disks">Whether sessions are kept on disk too; null: in every second run.</param>
/// <param name="Patience">Whether nodes differ in how long they bear silence; null: in every third run.</param>
/// <param name="Table">A file to which each run appends its row; null for none.</param>
/// <param name="Soak">Steady load of a part of the peak, and kills all the time, instead of a schedule of faults.</param>
/// <param name="Bug">A seeded bug to build in.</param>
internal sealed record CampaignOptions(
    int Seed,
    int Runs,
    TimeSpan Length,
    IReadOnlyList<FaultKind> Kinds,
    IReadOnlySet<int> Only,
    int Backends,
    int Frontends,
    int Sessions,
    TimeSpan Think,
    TimeSpan Deadline,
    TimeSpan WholeWithin,
    int MaxResidentMegabytes,
    string Logs,
    bool Loopback,
    bool? Disks,
    bool? Patience,
    string? Table,
    bool Soak,
    string? Bug,
    IReadOnlyList<KeyValuePair<string, string>> Settings)
{
    /// <summary>Whether the run of this seed keeps its sessions on disk.</summary>
    public bool HasDisks(int seed) => !Loopback && Labs.Obstacle(Facility.Disk) is null && (Disks ?? seed % 2 == 0);

    /// <summary>Whether in the run of this seed nodes differ in how long they bear silence.</summary>
    public bool HasUnevenPatience(int seed) => Patience ?? seed % 3 == 0;

    /// <summary>The faults that may happen in the run of this seed.</summary>
    public IReadOnlyList<FaultKind> KindsOf(int seed) => HasDisks(seed) ? Kinds : [.. Kinds.Where(kind => Promise.Needs(kind) != Facility.Disk)];
}
