namespace Pomegranate.Campaign.Nodes;

/// <summary>The nodes by name: a lighthouse, backends, frontends, and a backend that runs only while a fault has it join.</summary>
internal sealed record Topology(int BackendCount, int FrontendCount)
{
    public const string Lighthouse = "lighthouse";

    public IReadOnlyList<string> Backends { get; } = [.. Enumerable.Range(1, BackendCount).Select(i => $"backend{i}")];

    public IReadOnlyList<string> Frontends { get; } = [.. Enumerable.Range(1, FrontendCount).Select(i => $"frontend{i}")];

    /// <summary>The backend that joins and leaves.</summary>
    public string Spare { get; } = $"backend{BackendCount + 1}";

    /// <summary>Those which run while nothing is wrong.</summary>
    public IReadOnlyList<string> Regular => [Lighthouse, .. Backends, .. Frontends];
}
