using System.Text.Json;

namespace Pomegranate.Bench.Systems;

/// <summary>The product as it is shipped: what compose starts, as processes of tools/LocalCluster, every default kept.</summary>
/// <param name="environment">For a profile only: what the runtime needs to be looked into.</param>
internal sealed class PomegranateSystem(string work, int backends = 2, int frontends = 1, params (string Name, string Value)[] environment)
    : BenchSystem("pomegranate", work)
{
    private List<Node> _nodes = [];
    private string State => Path.Combine(Work, "state.json");

    public override string What => $"lighthouse, {frontends} frontend{(frontends > 1 ? "s" : "")}, {backends} backends running the Portal; a commit waits for a majority";

    public override IReadOnlyList<(string Role, int Pid)> Processes => [.. _nodes.Where(n => n.Pid is not null).Select(n => (n.Name, n.Pid!.Value))];

    public IReadOnlyList<Node> Nodes => _nodes;

    public IEnumerable<Uri> FrontendUrls => _nodes.Where(n => n.Http is not null).Select(n => new Uri(n.Http!));

    private ChildProcess? Cluster { get; set; }

    public override async Task StartAsync()
    {
        File.Delete(State);
        Cluster = Run(
            "cluster",
            "dotnet",
            [Repository.Program("tools/LocalCluster", "LocalCluster"), "--headless", "--state", State, "--backends", $"{backends}", "--frontends", $"{frontends}", "--ready-within", "120"],
            Repository.Root,
            environment);
        for (var deadline = DateTime.UtcNow.AddSeconds(150); !File.Exists(State); await Task.Delay(100))
        {
            if (Cluster.HasExited || DateTime.UtcNow > deadline)
            {
                throw new BenchException($"The cluster did not become ready; see {Work}.");
            }
        }

        await RefreshAsync();
        Url = new Uri(_nodes.First(n => n.Http is not null).Http!);
        await AnswersAsync(new Uri(Url, "/plain"), Cluster, "the cluster");
    }

    /// <summary>Reads the nodes anew: pids change when one is restarted.</summary>
    public async Task RefreshAsync()
    {
        var state = JsonSerializer.Deserialize<StateOfNodes>(await File.ReadAllTextAsync(State), JsonSerializerOptions.Web)!;
        _nodes = state.Nodes;
    }

    /// <summary>What all nodes have printed so far.</summary>
    public IReadOnlyList<string> LogLines()
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(Work, "cluster.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n');
    }

    /// <summary>A command of LocalCluster's: <c>stop backend3</c>, <c>restart backend3</c>.</summary>
    public Task TellAsync(string command) => Cluster!.TellAsync(command);

    internal sealed record Node(string Name, string Role, string State, int? Pid, string? Http, string Management, string Cluster);

    private sealed record StateOfNodes(List<Node> Nodes);
}
