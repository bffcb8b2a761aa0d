namespace Pomegranate.Bench.Failing;

/// <param name="LongestPause">Between two good answers, since the last look.</param>
/// <param name="Failures">By kind, since the last look.</param>
/// <param name="Tally">Since the session began.</param>
internal sealed record SessionLook(TimeSpan LongestPause, IReadOnlyDictionary<string, int> Failures, Tally Tally);
