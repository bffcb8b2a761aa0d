using System.Globalization;
using Pomegranate.LocalCluster.CommandLine;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>Which nodes run, where, and with which configuration. Decided up front: every node must know every other.</summary>
internal sealed class ClusterPlan
{
    private const int FirstHttpPort = 8080;
    private const int LighthouseManagementPort = 9110;
    private const string HostingStartups = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES";

    /// <summary>As in docker-compose.yml, and for its reason.</summary>
    private const int Shards = 32;

    private readonly IReadOnlyList<AppMount> _mounts;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _settings;
    private readonly DirectoryInfo? _durable;

    /// <param name="nodes">The lighthouse first: all have each other as seeds, in this order.</param>
    /// <param name="mounts">The apps beside the first.</param>
    /// <param name="settings">Configuration for every node, beside what makes it a node.</param>
    /// <param name="durable">Below which the backends keep their sessions, if anywhere.</param>
    public ClusterPlan(
        IReadOnlyList<NodeSpec> nodes, IReadOnlyList<AppMount> mounts, IReadOnlyList<KeyValuePair<string, string>> settings, DirectoryInfo? durable = null) =>
        (Nodes, _mounts, _settings, _durable) = (nodes, mounts, settings, durable);

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
        var app = options.App is { } project ? repository.App("--app", project) : repository.Program(Path.Combine("samples", "Portal"), "Portal");
        var frontend = repository.Program(Path.Combine("src", "Frontend"), "Pomegranate.Frontend");
        List<NodeSpec> nodes = [new("lighthouse", NodeRole.Lighthouse, lighthouse, ports.Any(), Preferably(LighthouseManagementPort), null)];
        nodes.AddRange(Enumerable.Range(1, options.Backends).Select(i =>
            new NodeSpec($"backend{i}", NodeRole.Backend, app, ports.Any(), ports.Any(), null)));
        foreach (var mount in options.Mounts)
        {
            var mounted = repository.App("--mount", mount.Project);
            nodes.AddRange(Enumerable.Range(1, options.Backends).Select(i =>
                new NodeSpec($"{mount.Name}{i}", NodeRole.Backend, mounted, ports.Any(), ports.Any(), null, mount.Name)));
        }

        nodes.AddRange(Enumerable.Range(1, options.Frontends).Select(i =>
            new NodeSpec($"frontend{i}", NodeRole.Frontend, frontend, ports.Any(), ports.Any(), Preferably(FirstHttpPort + i - 1))));
        return new ClusterPlan(nodes, options.Mounts, options.Settings, options.Durable) { TakenPorts = taken };
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
        yield return new("Pomegranate__Cluster__Hostname", node.Host);
        yield return new("Pomegranate__Cluster__PublicHostname", node.Host);
        yield return new("Pomegranate__Cluster__Port", Text(node.ClusterPort));
        yield return new("Pomegranate__Cluster__Shards", Text(Shards));
        yield return new("Pomegranate__Management__Host", node.Host);
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

        if (node.Role == NodeRole.Backend)
        {
            // It runs as it was built, with its static web assets where the build left them.
            var others = Environment.GetEnvironmentVariable(HostingStartups);
            yield return new(HostingStartups, string.IsNullOrEmpty(others) ? "Pomegranate.Backend" : $"{others};Pomegranate.Backend");
        }

        if (node.App is { } app)
        {
            yield return new("Pomegranate__Cluster__App", app);
        }

        if (node.Role == NodeRole.Frontend && _mounts.Count > 0)
        {
            foreach (var setting in _mounts.SelectMany(mount => mount.FrontendSettings).Concat(AppMount.RestSettings))
            {
                yield return setting;
            }
        }

        foreach (var (key, value) in _settings.Concat(node.Settings))
        {
            yield return new(key.Replace(":", "__", StringComparison.Ordinal), value);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
