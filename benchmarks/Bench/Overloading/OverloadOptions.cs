namespace Pomegranate.Bench.Overloading;

/// <summary>What <c>overload</c> does.</summary>
internal sealed record OverloadOptions(string Path, int Limit, int Connections, int Seconds, int Warm, string Out);
