using Pomegranate.Campaign.Faults;

namespace Pomegranate.Campaign.CommandLine;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Seed">Of the first run; each further run has the next.</param>
/// <param name="Kinds">The faults that may happen.</param>
/// <param name="Only">The episodes of the schedule that happen; all where empty.</param>
/// <param name="Think">A client's mean pause between two operations.</param>
/// <param name="Deadline">How long any request may take to be answered.</param>
/// <param name="WholeWithin">How long the cluster may take to be whole after an episode.</param>
/// <param name="Logs">A directory for histories and the nodes' logs.</param>
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
    string? Bug,
    IReadOnlyList<KeyValuePair<string, string>> Settings);
