using System.Collections.Immutable;
using System.Globalization;

namespace Pomegranate.Campaign.Faults;

/// <summary>A network that is parted, or parted again and again, in a way that nodes notice at different times.</summary>
/// <param name="Sides">One side of each cut, in their order; all others are on the other.</param>
/// <param name="Outages">What of the links between the sides is down, and when.</param>
internal sealed record Partition(ImmutableList<ImmutableList<string>> Sides, ImmutableList<Outage> Outages)
{
    /// <summary>From the first outage's begin to the last one's end.</summary>
    public TimeSpan Lasts => Outages.Max(outage => outage.Until);

    /// <summary>One cut after another, or over it.</summary>
    public Partition And(Partition later) => new(Sides.AddRange(later.Sides), Outages.AddRange(later.Outages));

    /// <summary>The sides, and from when to when their links went and came back.</summary>
    public override string ToString() => string.Join(" and ", Sides.Select(side => $"{{{string.Join(", ", side)}}}"))
        + $" (links go {Range(outage => outage.At)} s, come {Range(outage => outage.Until)} s)";

    private string Range(Func<Outage, TimeSpan> moment)
    {
        var (first, last) = (Seconds(Outages.Min(moment)), Seconds(Outages.Max(moment)));
        return first == last ? first : $"{first}-{last}";
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
}
