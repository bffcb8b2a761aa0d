namespace Pomegranate.Simulation.Plans;

/// <summary>Everything that a schedule is made of. Made of a seed, and made smaller by the shrinker: it runs the same every time.</summary>
/// <param name="Seed">Of what is left to chance while it runs: delays, losses, who gossips with whom.</param>
/// <param name="Clients">What each client asks, one thing after another.</param>
/// <param name="Rates">Of each host's clock, ppm.</param>
/// <param name="Loss">Probability that a message is lost.</param>
/// <param name="Jitter">Most µs that a message takes longer than the fastest: they overtake each other.</param>
/// <param name="Gossips">Whether replicas repair each other in the background.</param>
/// <param name="HasDisks">Whether backends keep their replicas on disk.</param>
internal sealed record Plan(
    ulong Seed,
    int Backends,
    int Frontends,
    IReadOnlyList<Fault> Faults,
    IReadOnlyList<ClientPlan> Clients,
    IReadOnlyList<long> Rates,
    IReadOnlyList<double> Patience,
    double Loss,
    double Doubling,
    long Jitter,
    bool Gossips,
    bool HasDisks)
{
    /// <summary>The lighthouse, the backends, one more that may join, the frontends.</summary>
    public int Hosts => 1 + Backends + 1 + Frontends;

    public int Spare => 1 + Backends;

    public IReadOnlyList<string> Names { get; } =
    [
        "lighthouse", .. Enumerable.Range(1, Backends + 1).Select(n => $"backend{n}"), .. Enumerable.Range(1, Frontends).Select(n => $"frontend{n}"),
    ];

    public bool IsBackend(int host) => host >= 1 && host <= Spare;

    public bool IsFrontend(int host) => host > Spare;

    /// <summary>When the last fault has been undone.</summary>
    public long Healed => Faults.Count == 0 ? 0 : Faults.Max(fault => fault.End + fault.Extra);
}
