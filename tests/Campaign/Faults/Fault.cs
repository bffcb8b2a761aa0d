using System.Globalization;

namespace Pomegranate.Campaign.Faults;

/// <summary>One fault of an episode.</summary>
/// <param name="Node">Whom it hits.</param>
/// <param name="Other">The second of a pair; for <see cref="FaultKind.Relay"/> what the spare backend has come to, <c>up</c> or <c>ready</c>.</param>
/// <param name="Ahead">How much a clock is set ahead; behind where negative.</param>
/// <param name="After">From the begin of the episode.</param>
/// <param name="Lasts">Until it is undone: the process is started or resumed, the network mended.</param>
internal sealed record Fault(FaultKind Kind, string Node, string? Other, TimeSpan After, TimeSpan Lasts, TimeSpan Ahead = default)
{
    /// <summary>What is cut where that is not a node from others for the whole of the time.</summary>
    public Partition? Partition { get; init; }

    /// <summary>What follows, its begin counted from when the nodes of this one are there again.</summary>
    public Fault? Then { get; init; }

    public override string ToString() => Own() + (Partition is null ? "" : $" {Partition}") + (Then is null ? "" : $", then {Then}");

    private string Own() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind.ToString().ToLowerInvariant()} {Node}{(Other is null ? "" : $"-{Other}")} at {After.TotalSeconds:0.0} s for {Lasts.TotalSeconds:0.0} s{(Ahead == default ? "" : $" by {Ahead.TotalMinutes:+0;-0} min")}");
}
