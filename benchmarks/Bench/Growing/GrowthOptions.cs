namespace Pomegranate.Bench.Growing;

/// <summary>What <c>growth</c> was asked for.</summary>
/// <param name="Steps">Which series: sessions, backends, frontends, size, join.</param>
/// <param name="Sessions">How many live sessions of 1 KB, step by step.</param>
/// <param name="JoinSessions">How many a joining backend has to copy.</param>
internal sealed record GrowthOptions(string[] Steps, int[] Sessions, int[] Backends, int[] Frontends, int[] Sizes, int JoinSessions, int Seconds, int Warm, string Out);
