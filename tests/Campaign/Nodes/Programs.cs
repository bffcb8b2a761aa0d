using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.Campaign.Nodes;

/// <summary>What the nodes run.</summary>
internal sealed record Programs(NodeProgram Lighthouse, NodeProgram Frontend, NodeProgram App)
{
    public static Programs Of(Repository repository) => new(
        repository.Program("lighthouse", "Pomegranate.Lighthouse"),
        repository.Program(Path.Combine("src", "Frontend"), "Pomegranate.Frontend"),
        repository.Program(Path.Combine("tests", "Campaign.App"), "Campaign.App"));
}
