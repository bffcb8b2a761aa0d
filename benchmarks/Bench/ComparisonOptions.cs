namespace Pomegranate.Bench;

/// <summary>What <c>compare</c> was asked for.</summary>
/// <param name="Warm">Seconds of load before a system is measured: the JVM and .NET compile hot code while they run.</param>
/// <param name="Systems">Names; none means all.</param>
/// <param name="Keep">Leave logs and configuration behind.</param>
internal sealed record ComparisonOptions(int Rounds, int Seconds, int Warm, int Sessions, int Connections, string[] Systems, string Out, bool Keep);
