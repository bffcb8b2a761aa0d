using System.Globalization;
using Pomegranate.LocalCluster.CommandLine;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>Which nodes run, where, and with which configuration. Decided up front: every node must know every other.</summary>
internal sealed class ClusterPlan
{
    private const int FirstHttpPort = 8080;
    private const int LighthouseManagementPort = 9110;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _settings;
    private readonly DirectoryInfo? _durable;

    private ClusterPlan(IReadOnlyList<NodeSpec> nodes, LocalClusterOptions options) =>
        (Nodes, _settings, _durable) = (nodes, options.Settings, options.Durable);

    public IReadOnlyList<NodeSpec> Nodes { get; }

    /// <summary>The usual ports that somebody else listens on, so that these nodes have others.</summary>
    public IReadOnlyList<int> TakenPorts { get; private init; } = [];

    public static ClusterPlan Create(LocalClusterOptions options, Repository repository)
    {
        using var ports = new FreePorts();
        var taken = new List<int>();
        int Preferably(int wanted)
        {
            var port = ports.Preferably(wanted);
            if (port != wanted)
            {
                taken.Add(wanted);
            }

            return port;
        }

        var lighthouse = repository.Program("lighthouse", "Pomegranate.Lighthouse");
        var app = options.App is { } project ? repository.App(project) : repository.Program(Path.Combine("samples", "Portal"), "Portal");
        var frontend = repository.Program(Path.Combine("src", "Frontend"), "Pomegranate.Frontend");
        List<NodeSpec> nodes = [new("lighthouse", NodeRole.Lighthouse, lighthouse, ports.Any(), Preferably(LighthouseManagementPort), null)];
        nodes.AddRange(Enumerable.Range(1, options.Backends).Select(i =>
            new NodeSpec($"backend{i}", NodeRole.Backend, app, ports.Any(), ports.Any(), null)));
        nodes.AddRange(Enumerable.Range(1, options.Frontends).Select(i =>
            new NodeSpec($"frontend{i}", NodeRole.Frontend, frontend, ports.Any(), ports.Any(), Preferably(FirstHttpPort + i - 1))));
        return new ClusterPlan(nodes, options) { TakenPorts = taken };
    }

    /// <summary>The environment that makes a process this node.</summary>
    public IEnumerable<KeyValuePair<string, string?>> EnvironmentOf(NodeSpec node)
    {
        yield return new("ASPNETCORE_ENVIRONMENT", "Production");
        yield return new("DOTNET_ENVIRONMENT", "Production");
        yield return new("ASPNETCORE_URLS", node.Http?.ToString().TrimEnd('/'));
        yield return new("Logging__Console__FormatterName", "simple");
        yield return new("Logging__Console__FormatterOptions__SingleLine", "true");
        yield return new("Logging__Console__FormatterOptions__TimestampFormat", "HH:mm:ss.fff ");

        // We ask for readiness from the first moment on; each "not yet" would be a logged failure.
        yield return new("Logging__LogLevel__Microsoft.Extensions.Diagnostics.HealthChecks", "None");
        yield return new("Pomegranate__Cluster__NodeName", node.Name);
        yield return new("Pomegranate__Cluster__Hostname", FreePorts.Host);
        yield return new("Pomegranate__Cluster__PublicHostname", FreePorts.Host);
        yield return new("Pomegranate__Cluster__Port", Text(node.ClusterPort));
        yield return new("Pomegranate__Management__Host", FreePorts.Host);
        yield return new("Pomegranate__Management__Port", Text(node.ManagementPort));

        // The lighthouse first, then everybody: a restarted lighthouse finds the cluster instead of founding another.
        for (var i = 0; i < Nodes.Count; i++)
        {
            yield return new($"Pomegranate__Cluster__Seeds__{Text(i)}", Nodes[i].Address);
        }

        if (_durable is not null && node.Role == NodeRole.Backend)
        {
            yield return new("Pomegranate__Replication__DurableDirectory", Path.Combine(_durable.FullName, node.Name));
        }

        foreach (var (key, value) in _settings)
        {
            yield return new(key.Replace(":", "__", StringComparison.Ordinal), value);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
