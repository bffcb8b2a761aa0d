namespace Pomegranate.Bench.Load;

/// <summary>What the client saw.</summary>
internal sealed record LoadResult(long Requests, TimeSpan Duration, TimeSpan Median, TimeSpan P99, long Errors);
