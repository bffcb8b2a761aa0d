namespace Pomegranate.LocalCluster.Plan;

/// <summary>What a node runs, and in which directory.</summary>
/// <param name="Project">The directory of the project that it was built from.</param>
internal sealed record NodeProgram(string Assembly, string Directory, string Project);
