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
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind.ToString().ToLowerInvariant()} {Node}{(Other is null ? "" : $"-{Other}")} at {After.TotalSeconds:0.0} s for {Lasts.TotalSeconds:0.0} s{(Ahead == default ? "" : $" by {Ahead.TotalMinutes:+0;-0} min")}");
}
