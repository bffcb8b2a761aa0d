namespace Pomegranate.Bench.Profiling;

/// <summary>About this many bytes of this type were allocated for this component, at this method.</summary>
internal sealed record Allocation(string Type, string Component, string Site, long Bytes);
