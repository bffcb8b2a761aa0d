namespace Pomegranate.LocalCluster.Plan;

/// <summary>One node as planned: what stays the same when it is restarted.</summary>
/// <param name="App">The app that a backend runs beside others; null for the one without a name.</param>
/// <param name="HttpPort">Where it takes HTTP; none but frontends do.</param>
internal sealed record NodeSpec(string Name, NodeRole Role, NodeProgram Program, int ClusterPort, int ManagementPort, int? HttpPort, string? App = null)
{
    /// <summary>The IP address it listens on and is known by.</summary>
    public string Host { get; init; } = FreePorts.Host;

    /// <summary>The command that runs <c>dotnet</c>, such as <c>ip netns exec NAME</c>; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Configuration of this node alone, over the cluster's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>The address nodes know it by.</summary>
    public string Address => $"{Host}:{ClusterPort}";

    public Uri Management => new($"http://{Host}:{ManagementPort}");

    public Uri? Http => HttpPort is { } port ? new Uri($"http://{Host}:{port}") : null;

    /// <summary>The role as the cluster and the state file spell it.</summary>
    public string RoleName => Role switch
    {
        NodeRole.Lighthouse => "lighthouse",
        NodeRole.Frontend => "frontend",
        _ => "backend",
    };
}
