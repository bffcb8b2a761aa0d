namespace Pomegranate.Bench.Timelines;

/// <summary>What <c>timeline</c> does.</summary>
/// <param name="Fault">kill, kill-coordinator, stop (SIGSTOP) or term.</param>
/// <param name="Settings">Configuration for every node, KEY=VALUE.</param>
internal sealed record TimelineOptions(string Fault, int Times, int Sessions, int Backends, int Frontends, string[] Settings, string Out);
