using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Tests;

/// <summary>A test that needs a network of its own for each node; skipped, with the reason, where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute() => Skip = NetworkLab.Obstacle();
}
