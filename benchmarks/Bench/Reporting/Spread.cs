namespace Pomegranate.Bench.Reporting;

/// <summary>The median of some readings, and how far they lie apart.</summary>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? new(double.NaN, double.NaN, double.NaN)
            : new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }

    public string Text(string format) => double.IsNaN(Median) ? "-" : $"{Median.ToString(format)} ({Least.ToString(format)}-{Most.ToString(format)})";
}
