using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Processes;

namespace Pomegranate.LocalCluster.Running;

/// <summary>All the nodes: started together, watched, and ended together.</summary>
internal sealed class NodeSet : IDisposable
{
    /// <summary>How long nodes may take to leave before they are killed: a backend hands its sessions over first.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    private readonly OrphanWatch _orphans = new();

    /// <param name="log">Where a node's output goes; to the terminal if none.</param>
    public NodeSet(ClusterPlan plan, Func<NodeSpec, NodeLog>? log = null)
    {
        Nodes = [.. plan.Nodes.Select((spec, number) => new NodeProcess(spec, plan, log?.Invoke(spec) ?? new NodeLog(spec.Name, number)))];
        foreach (var node in Nodes)
        {
            node.Changed += OnChanged;
        }
    }

    /// <summary>A node's process began, ended, hung or went on.</summary>
    public event Action? Changed;

    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <exception cref="LocalClusterException">There is no such node.</exception>
    public NodeProcess this[string name] =>
        Nodes.FirstOrDefault(node => string.Equals(node.Spec.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new LocalClusterException($"There is no node '{name}', only {string.Join(", ", Nodes.Select(node => node.Spec.Name))}.");

    public void StartAll()
    {
        foreach (var node in Nodes)
        {
            node.Start();
        }
    }

    /// <summary>Ends every node, with SIGTERM and, for those which have not gone after the grace, SIGKILL.</summary>
    /// <param name="impatient">Cancelled by somebody who does not want to wait for the grace.</param>
    public async Task StopAllAsync(CancellationToken impatient)
    {
        foreach (var node in Nodes.Where(node => node.State == NodeState.Hung))
        {
            Try(node.Resume);
        }

        foreach (var node in Nodes.Where(node => node.State == NodeState.Running))
        {
            Try(OperatingSystem.IsWindows() ? node.Kill : node.Stop);
        }

        var ended = Task.WhenAll(Nodes.Select(node => node.Ended));
        try
        {
            await ended.WaitAsync(Grace, impatient);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            foreach (var node in Nodes.Where(node => node.State != NodeState.Stopped))
            {
                node.Log.Say("has not ended in time and is killed.");
                Try(node.Kill);
            }

            await ended;
        }
    }

    public void Dispose() => _orphans.Dispose();

    // A node may end on its own between the look at its state and the signal.
    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception exception) when (exception is LocalClusterException or InvalidOperationException)
        {
            Terminal.Say(exception.Message);
        }
    }

    private void OnChanged()
    {
        _orphans.Watch(Nodes.Select(node => node.Pid).OfType<int>());
        Changed?.Invoke();
    }
}
