using System.Text.Json;
using Pomegranate.Bench.Failing;

namespace Pomegranate.Bench.Systems;

/// <summary>The product as it is shipped: what compose starts, as processes of tools/LocalCluster, every default kept.</summary>
/// <param name="name">What the figures are listed under.</param>
/// <param name="environment">For a profile only: what the runtime needs to be looked into.</param>
internal sealed class PomegranateSystem(string work, int backends = 2, int frontends = 1, string name = "pomegranate", params (string Name, string Value)[] environment)
    : BenchSystem(name, work)
{
    /// <summary>As LocalCluster sets it.</summary>
    private const int Shards = 32;
    private List<Node> _nodes = [];
    private string? _placement;

    private string State => Path.Combine(Work, "state.json");

    public override string What => $"lighthouse, {frontends} frontend{(frontends > 1 ? "s" : "")}, {backends} backends running the Portal; a commit waits for a majority";

    public override IReadOnlyList<(string Role, int Pid)> Processes => [.. _nodes.Where(n => n.Pid is not null).Select(n => (n.Name, n.Pid!.Value))];

    public IReadOnlyList<Node> Nodes => _nodes;

    public IEnumerable<Uri> FrontendUrls => _nodes.Where(n => n.Http is not null).Select(n => new Uri(n.Http!));

    public override IReadOnlyList<Uri> Entrances => [.. FrontendUrls];

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

    public override async Task<string?> VictimAsync(Victim victim, int run)
    {
        await RefreshAsync();
        var oldest = victim is Victim.Backend or Victim.Coordinator ? await OldestBackendAsync() : null;
        string[] candidates =
        [
            .. _nodes.Where(n => victim switch
            {
                Victim.Backend => n.Role == "backend" && n.Name != oldest,
                Victim.Coordinator => n.Name == oldest,
                Victim.Frontend => n.Role == "frontend",
                Victim.Lighthouse => n.Role == "lighthouse",
                _ => false,
            }).Select(n => n.Name),
        ];
        return candidates.Length == 0 ? null : candidates[run % candidates.Length];
    }

    public override async Task RestartAsync(string role)
    {
        await TellAsync($"restart {role}");
        for (var deadline = DateTime.UtcNow.AddSeconds(10); DateTime.UtcNow < deadline; await Task.Delay(20))
        {
            await RefreshAsync();
            if (_nodes.Single(n => n.Name == role).Pid is not null)
            {
                return;
            }
        }

        throw new BenchException($"LocalCluster did not start {role} again; see {Work}.");
    }

    /// <summary>Every node ready and a member, in the eyes of all; and each backend home to the shards that it had at the start.</summary>
    public override async Task<string?> MissingAsync()
    {
        await RefreshAsync();
        foreach (var node in _nodes)
        {
            if (node.Pid is null)
            {
                return $"{node.Name} does not run";
            }

            using var ready = await Http.GetAsync(new Uri($"{node.Management}/ready"));
            if (!ready.IsSuccessStatusCode)
            {
                return $"{node.Name} is not ready";
            }

            using var view = await AskAsync(node, "members");
            var up = view.RootElement.GetProperty("members").EnumerateArray().Count(m => m.GetProperty("status").GetString() == "Up");
            if (up != _nodes.Count || view.RootElement.GetProperty("members").GetArrayLength() != up || view.RootElement.GetProperty("unreachable").GetArrayLength() > 0)
            {
                return $"{node.Name} does not see {_nodes.Count} members up and reachable";
            }
        }

        using var shards = await AskAsync(_nodes.First(n => n.Role == "frontend"), "shards");
        var placement = string.Join(", ", shards.RootElement.GetProperty("regions").EnumerateArray().Select(r => $"{r.GetProperty("node")} {r.GetProperty("shards").GetArrayLength()}").Order(StringComparer.Ordinal));
        if (shards.RootElement.GetProperty("shards").GetInt32() is var housed && housed < Shards)
        {
            // A shard has no home until somebody asks for one of its sessions: fresh ones fall on all of them.
            await Task.WhenAll(Enumerable.Range(0, Shards).Select(_ => Http.GetStringAsync(new Uri(Url, "/counter"))));
            return $"{housed} of {Shards} shards have a home";
        }

        _placement ??= placement;
        return placement == _placement ? null : $"the shards are not where they were: {placement}, at the start {_placement}";
    }

    /// <summary>It is home to the shard coordinator.</summary>
    private async Task<string> OldestBackendAsync()
    {
        using var view = await AskAsync(_nodes.First(n => n is { Role: "frontend", Pid: not null }), "members");
        var oldest = view.RootElement.GetProperty("oldestPerRole").GetProperty("backend").GetString()!;
        return _nodes.Single(n => oldest.EndsWith(n.Cluster, StringComparison.Ordinal)).Name;
    }

    private static async Task<JsonDocument> AskAsync(Node node, string what) => JsonDocument.Parse(await Http.GetStringAsync(new Uri($"{node.Management}/cluster/{what}")));

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
