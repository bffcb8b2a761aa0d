using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Processes;
using Pomegranate.LocalCluster.Running;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// The cluster's processes and their supervisor: a node that is meant to run and has ended, whatever its exit code, is
/// started again. With a <see cref="NetworkLab"/> each has a network of its own, else all share loopback.
/// </summary>
internal sealed class CampaignNodes : IAsyncDisposable
{
    /// <summary>As a service manager would: not at once, or a node that cannot start would spin.</summary>
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly NodeSet _set;
    private readonly HashSet<string> _meantToRun = [];
    private readonly Action<string> _say;
    private readonly string _directory;
    private readonly List<StreamWriter> _logs = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, DateTime> _endedAt = [];
    private readonly Task _supervisor;

    /// <param name="programs">Where the frontend, the lighthouse and the campaign's app were built.</param>
    /// <param name="logs">A directory: a file for each node.</param>
    /// <param name="say">Told of every process that ended unasked.</param>
    /// <param name="own">Further settings of the node of that number.</param>
    public CampaignNodes(
        Topology topology, Programs programs, Labs labs, IReadOnlyList<KeyValuePair<string, string>> settings, string logs, Action<string> say,
        Func<int, IReadOnlyList<KeyValuePair<string, string>>>? own = null)
    {
        Topology = topology;
        Labs = labs;
        _say = say;
        _directory = logs;
        Directory.CreateDirectory(logs);
        using var ports = new FreePorts();
        NodeSpec Spec(string name, NodeRole role, NodeProgram program) => labs.Network is not { } network
            ? new NodeSpec(name, role, program, ports.Any(), ports.Any(), role == NodeRole.Frontend ? ports.Any() : null)
            {
                Launcher = labs.Launcher(name),
            }
            : new NodeSpec(name, role, program, 4053, 9110, role == NodeRole.Frontend ? 8080 : null)
            {
                Host = network.Address(name),
                Launcher = labs.Launcher(name),
            };
        List<NodeSpec> specs =
        [
            Spec(Topology.Lighthouse, NodeRole.Lighthouse, programs.Lighthouse),
            .. topology.Backends.Append(topology.Spare).Select(name => Spec(name, NodeRole.Backend, programs.App)),
            .. topology.Frontends.Select(name => Spec(name, NodeRole.Frontend, programs.Frontend)),
        ];
        specs = [.. specs.Select((spec, number) => spec with { Settings = own?.Invoke(number) ?? [] })];
        _set = new NodeSet(new ClusterPlan(specs, [], settings, labs.Disks?.Root), spec => new NodeLog(spec.Name, 0, Log(logs, spec.Name)));
        _supervisor = Task.Run(SuperviseAsync);
    }

    public Topology Topology { get; }

    public Labs Labs { get; }

    public IReadOnlyList<NodeSpec> MeantToRun
    {
        get
        {
            lock (_lock)
            {
                return [.. _set.Nodes.Where(node => _meantToRun.Contains(node.Spec.Name)).Select(node => node.Spec)];
            }
        }
    }

    public IReadOnlyList<Uri> Frontends => [.. _set.Nodes.Select(node => node.Spec.Http).OfType<Uri>()];

    /// <summary>Starts a node, and again whenever it ends.</summary>
    public void Start(string name)
    {
        lock (_lock)
        {
            _meantToRun.Add(name);
            if (_set[name].State == NodeState.Stopped)
            {
                _set[name].Start();
            }
        }
    }

    /// <summary>Starts a node whose end is awaited: it is not started again.</summary>
    public void StartOnce(string name) => _set[name].Start();

    /// <summary>All that the node has printed.</summary>
    public string LogOf(string name)
    {
        using var log = new StreamReader(new FileStream(Path.Combine(_directory, name + ".log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd();
    }

    /// <summary>The node's process; null while it does not run.</summary>
    public int? Pid(string name) => _set[name].Pid;

    /// <summary>The node as planned.</summary>
    public NodeSpec Spec(string name) => _set[name].Spec;

    /// <summary>SIGKILL, and it stays down.</summary>
    public void Kill(string name) => End(name, node => node.Kill());

    /// <summary>SIGTERM, and it stays down.</summary>
    public void Terminate(string name) => End(name, node => node.Stop());

    /// <summary>SIGSTOP.</summary>
    public void Hang(string name) => Do(name, NodeState.Running, node => node.Hang());

    /// <summary>SIGCONT.</summary>
    public void Resume(string name) => Do(name, NodeState.Hung, node => node.Resume());

    /// <summary>Completes when the node's process, if there is one, has ended.</summary>
    public Task EndedAsync(string name) => _set[name].Ended;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervisor;
        await _set.StopAllAsync(CancellationToken.None);
        _set.Dispose();
        _logs.ForEach(log => log.Dispose());
        _stop.Dispose();
    }

    private void End(string name, Action<NodeProcess> act)
    {
        lock (_lock)
        {
            _meantToRun.Remove(name);
        }

        Do(name, null, act);
    }

    // A node may have ended on its own, as one that was downed does: then there is nothing to do to it.
    private void Do(string name, NodeState? required, Action<NodeProcess> act)
    {
        lock (_lock)
        {
            var node = _set[name];
            if (node.State != NodeState.Stopped && (required is null || node.State == required))
            {
                act(node);
            }
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            lock (_lock)
            {
                foreach (var node in _set.Nodes.Where(node => _meantToRun.Contains(node.Spec.Name)))
                {
                    Supervise(node);
                }
            }

            await Task.Delay(Look, CancellationToken.None);
        }
    }

    private void Supervise(NodeProcess node)
    {
        var name = node.Spec.Name;
        if (node.State != NodeState.Stopped)
        {
            _endedAt.Remove(name);
        }
        else if (!_endedAt.TryGetValue(name, out var ended))
        {
            _endedAt[name] = DateTime.UtcNow;
            _say($"{name} has ended by itself{(node.LastExitCode is { } code ? $" with {code}" : "")}");
        }
        else if (DateTime.UtcNow - ended > RestartAfter)
        {
            _endedAt.Remove(name);
            _say($"{name} is restarted");
            node.Start();
        }
    }

    private StreamWriter Log(string directory, string name)
    {
        var log = new StreamWriter(Path.Combine(directory, name + ".log"), append: false) { AutoFlush = true };
        _logs.Add(log);
        return log;
    }
}
