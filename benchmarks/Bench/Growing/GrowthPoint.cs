using Pomegranate.Bench.Measuring;

namespace Pomegranate.Bench.Growing;

/// <summary>What a cluster of one size costs.</summary>
/// <param name="HeapBytes">Live heap of the backends after a full collection, on average; 0 where it was not asked for.</param>
/// <param name="MemoryBytes">Memory of the backends, on average.</param>
/// <param name="IdleBytesPerSecond">What all nodes send each other when no request comes.</param>
/// <param name="IdleCores">CPU of all nodes meanwhile.</param>
internal sealed record GrowthPoint(string Series, double X, Reading Load, double HeapBytes, double MemoryBytes, double IdleBytesPerSecond, double IdleCores);
