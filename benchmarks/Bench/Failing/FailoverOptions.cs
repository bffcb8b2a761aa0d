namespace Pomegranate.Bench.Failing;

/// <summary>What <c>failover</c> was asked for.</summary>
/// <param name="Systems">Names; none means all.</param>
/// <param name="Faults">Names; none means all that a system has.</param>
/// <param name="Runs">How often each fault.</param>
/// <param name="Warm">Seconds of load before the first: the JVM and .NET compile hot code while they run.</param>
/// <param name="Rest">
/// Seconds of load before each: the victim of the last, and whoever took over from it, run code that is not compiled for good
/// yet. At 0 a fault finds nodes that started a moment ago.
/// </param>
/// <param name="Add">Adds to the readings that are there instead of replacing those of the same system and fault.</param>
internal sealed record FailoverOptions(string[] Systems, string[] Faults, int Runs, int Sessions, int Warm, int Rest, bool Add, bool Keep, string Out);
