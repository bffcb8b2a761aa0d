namespace Pomegranate.LocalCluster.Plan;

/// <summary>What a node runs, and in which directory.</summary>
internal sealed record NodeProgram(string Assembly, string Directory);
