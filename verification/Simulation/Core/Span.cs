namespace Pomegranate.Simulation.Core;

/// <summary>Spans of virtual time in µs.</summary>
internal static class Span
{
    public const long Millisecond = 1_000;
    public const long Second = 1_000_000;

    public static long Of(TimeSpan time) => time.Ticks / 10;

    public static string Text(long at) => FormattableString.Invariant($"{at / (double)Second,7:0.000}");
}
