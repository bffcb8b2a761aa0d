using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.Campaign.Nodes;

/// <summary>What the nodes run.</summary>
internal sealed record Programs(NodeProgram Lighthouse, NodeProgram Frontend, NodeProgram App)
{
    /// <param name="backend">Where the app and the backend it runs on were built: the repository, or a copy with a seeded bug.</param>
    public static Programs Of(Repository repository, Repository backend) => new(
        repository.Program("lighthouse", "Pomegranate.Lighthouse"),
        repository.Program(Path.Combine("src", "Frontend"), "Pomegranate.Frontend"),
        backend.Program(Path.Combine("tests", "Campaign.App"), "Campaign.App"));
}
