using System.Collections.Concurrent;
using System.Net;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Processes;

namespace Pomegranate.LocalCluster.Running;

/// <summary>Waits for nodes to say that they are ready.</summary>
internal sealed class Readiness(HttpClient http)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<NodeProcess, bool> _answered = [];

    /// <exception cref="LocalClusterException">A node ended, or was not ready in time; the message has its last lines.</exception>
    public async Task WaitAsync(IReadOnlyList<NodeProcess> nodes, TimeSpan within, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(within);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        var waits = nodes.Select(node => (Node: node, Ready: WaitAsync(node, failed.Token))).ToList();
        try
        {
            await foreach (var wait in Task.WhenEach(waits.Select(wait => wait.Ready)))
            {
                await wait;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            var late = waits.Where(wait => !wait.Ready.IsCompletedSuccessfully).Select(wait => wait.Node);
            throw new LocalClusterException(string.Join(Environment.NewLine, late.Select(node =>
                $"{node.Spec.Name} was not ready after {within.TotalSeconds:0} s ({node.Spec.Management}ready). {WhatIsKnownOf(node)}")));
        }
        finally
        {
            // One node failed: the others need not go on asking.
            await failed.CancelAsync();
        }
    }

    private string WhatIsKnownOf(NodeProcess node) => _answered.ContainsKey(node) || node.Spec.Role != NodeRole.Backend
        ? LastLines(node)
        : "Its management endpoint never answered. An app that does not come to its line builder.AddPomegranateBackend(), or has another "
            + $"configuration then, runs alone, in no cluster. {LastLines(node)}";

    private static string LastLines(NodeProcess node) => node.Log.LastLines is { Count: > 0 } lines
        ? $"Its last lines:{Environment.NewLine}{string.Join(Environment.NewLine, lines.Select(line => "    " + line))}"
        : "It printed nothing.";

    private async Task WaitAsync(NodeProcess node, CancellationToken cancellation)
    {
        while (!await IsReadyAsync(node, cancellation))
        {
            if (node.State == NodeState.Stopped)
            {
                throw new LocalClusterException($"{node.Spec.Name} ended before it was ready. {WhatIsKnownOf(node)}");
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    private async Task<bool> IsReadyAsync(NodeProcess node, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(node.Spec.Management, "ready"), cancellation);
            _answered[node] = true;
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // Not listening yet, or too busy to answer within the client's timeout.
            return false;
        }
    }
}
