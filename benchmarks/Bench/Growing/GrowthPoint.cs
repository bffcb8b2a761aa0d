using Pomegranate.Bench.Measuring;

namespace Pomegranate.Bench.Growing;

/// <summary>What a cluster of one size costs.</summary>
/// <param name="MemoryBytes">Memory of the backends, on average.</param>
/// <param name="IdleBytesPerSecond">What all nodes send each other when no request comes.</param>
/// <param name="IdleCores">CPU of all nodes meanwhile.</param>
internal sealed record GrowthPoint(string Series, double X, Reading Load, double MemoryBytes, double IdleBytesPerSecond, double IdleCores)
{
    /// <summary>The same load on sessions without an actor; null where it was not asked for.</summary>
    public Reading? FirstUse { get; init; }

    /// <summary>Live heap of the backends after a full collection, on average, with no actors; 0 where it was not asked for.</summary>
    public double HeapBytes { get; init; }
}
