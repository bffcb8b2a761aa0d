namespace Pomegranate.Campaign.Faults;

/// <summary>Faults that overlap. After them the cluster must become whole before the next episode.</summary>
/// <param name="Number">From 1.</param>
internal sealed record Episode(int Number, IReadOnlyList<Fault> Faults)
{
    public override string ToString() => string.Join(" + ", Faults);
}
