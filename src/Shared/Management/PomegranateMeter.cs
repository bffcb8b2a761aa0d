using System.Diagnostics.Metrics;

namespace Pomegranate.Management;

/// <summary>The meter of everything Pomegranate counts. <c>/metrics</c> shows what is made with it.</summary>
internal static class PomegranateMeter
{
    public const string Name = "Pomegranate";

    /// <summary>For counters and histograms. What observes a node's actor system needs a meter that ends with it.</summary>
    public static readonly Meter Meter = new(Name);

    /// <summary>A histogram of seconds, with steps from half a millisecond, a commit's time, to a failover's.</summary>
    public static Histogram<double> Duration(string name, string description) => Meter.CreateHistogram(
        name, "s", description, tags: null, advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
}
