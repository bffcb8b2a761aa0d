using System.Diagnostics.Metrics;

namespace Pomegranate.Management;

/// <summary>The meter of everything Pomegranate counts. <c>/metrics</c> shows what is made with it.</summary>
internal static class PomegranateMeter
{
    public const string Name = "Pomegranate";

    /// <summary>For counters and histograms. What observes a node's actor system needs a meter that ends with it.</summary>
    public static readonly Meter Meter = new(Name);
}
