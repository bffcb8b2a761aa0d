using System.Diagnostics;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Running;

/// <summary>Whether everything is put away when nobody asks for anything any more: compared with the cluster before the load.</summary>
internal sealed class RestCheck(CampaignNodes nodes, HttpClient http)
{
    /// <summary>How long after the load the last of it may be held.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>Sockets by which a node may differ from before: a poll of ours, a reconnect that is under way.</summary>
    private const int SocketSlack = 12;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private Dictionary<string, NodeUse> _before = [];

    /// <summary>Before the load.</summary>
    public async Task BeginAsync() => _before = (await ReadAsync()).ToDictionary(use => use.Node);

    /// <returns>What is still held when the time is up, and what the nodes use.</returns>
    public async Task<(IReadOnlyList<string> Held, IReadOnlyList<NodeUse> Uses)> EndAsync(CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var uses = await ReadAsync();
            var held = uses.SelectMany(Held).ToList();
            held.AddRange(nodes.MeantToRun.Select(node => node.Name).Except(uses.Select(use => use.Node)).Select(node => $"{node} does not say what it holds"));
            if (held.Count == 0 || Stopwatch.GetElapsedTime(began) > Within)
            {
                return (held, uses);
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    private IEnumerable<string> Held(NodeUse use)
    {
        foreach (var (metric, count) in use.InHand.Where(metric => metric.Value != 0))
        {
            yield return $"{use.Node} has {count} of {metric}";
        }

        if (_before.TryGetValue(use.Node, out var before) && use.Sockets > before.Sockets + SocketSlack)
        {
            yield return $"{use.Node} has {use.Sockets} sockets, {before.Sockets} before the load";
        }
    }

    private async Task<List<NodeUse>> ReadAsync() =>
        [.. (await Task.WhenAll(nodes.MeantToRun.Select(node => NodeUse.ReadAsync(nodes, node.Name, http)))).OfType<NodeUse>()];
}
