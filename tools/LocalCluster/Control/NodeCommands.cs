using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Processes;
using Pomegranate.LocalCluster.Running;

namespace Pomegranate.LocalCluster.Control;

/// <summary>What can be done to the cluster: the same for keys and for lines.</summary>
internal sealed class NodeCommands(NodeSet nodes, MemberTable members, Repository repository)
{
    private static readonly Dictionary<string, Action<NodeProcess>> Verbs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["kill"] = node => node.Kill(),
        ["stop"] = node => node.Stop(),
        ["hang"] = node => node.Hang(),
        ["resume"] = node => node.Resume(),
        ["restart"] = node => node.Start(),
    };

    public IReadOnlyList<NodeProcess> Nodes => nodes.Nodes;

    public static string Known => string.Join(", ", Verbs.Keys);

    public Task ShowAsync(CancellationToken cancellation) => members.ShowAsync(cancellation);

    /// <summary>Does it and says so, or says why not. The answer to a signal is that it was sent, not what came of it.</summary>
    /// <param name="copy">From now on the node runs what this copy of the repository has built.</param>
    public void Do(string verb, string name, string? copy = null)
    {
        try
        {
            var node = nodes[name];
            node.Program = copy is null ? node.Program : repository.From(copy, node.Spec.Program);
            if (!Verbs.TryGetValue(verb, out var act))
            {
                throw new LocalClusterException($"'{verb}' is not one of {Known}.");
            }

            var pid = node.Pid;
            act(node);
            Terminal.Say($"ok {verb} {node.Spec.Name} (process {pid ?? node.Pid})");
        }
        catch (Exception exception) when (exception is LocalClusterException or InvalidOperationException)
        {
            Terminal.Fail($"error {verb} {name}: {exception.Message}");
        }
    }
}
