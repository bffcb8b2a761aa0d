using System.Text.Json;
using System.Text.Json.Nodes;
using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Processes;
using Spectre.Console;

namespace Pomegranate.LocalCluster.Running;

/// <summary>What the nodes themselves think the cluster is: <c>pbm cluster show</c> with the nodes' names beside it.</summary>
internal sealed class MemberTable(NodeSet nodes, HttpClient http)
{
    /// <summary>Asks the first node that answers.</summary>
    public async Task ShowAsync(CancellationToken cancellation)
    {
        foreach (var node in nodes.Nodes.Where(node => node.State == NodeState.Running))
        {
            try
            {
                var json = await http.GetStringAsync(new Uri(node.Spec.Management, "cluster/members"), cancellation);
                Show(node, JsonNode.Parse(json)!);
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException
                || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // It is on its way out, or in: another one knows as well.
            }
        }

        Terminal.Fail("No node answers.");
    }

    private void Show(NodeProcess asked, JsonNode answer)
    {
        var unreachable = Items(answer["unreachable"]).Select(item => (string?)item["node"]).ToHashSet();
        var table = new Table().RoundedBorder().Title($"The cluster as {asked.Spec.Name} sees it");
        foreach (var column in (string[])["node", "process", "address", "roles", "status", "reachability"])
        {
            table.AddColumn(column);
        }

        var members = Items(answer["members"]).ToDictionary(member => (string?)member["node"] ?? "");
        foreach (var node in nodes.Nodes)
        {
            var member = members.FirstOrDefault(member => member.Key.EndsWith('@' + node.Spec.Address, StringComparison.Ordinal));
            table.AddRow(
                node.Spec.Name,
                node.State.ToString(),
                node.Spec.Address,
                string.Join(", ", Items(member.Value?["roles"]).Select(role => (string?)role)),
                (string?)member.Value?["status"] ?? "not a member",
                member.Value is null ? "" : unreachable.Contains(member.Key) ? "unreachable" : "reachable");
        }

        Terminal.Table(table);
        Terminal.Say($"Count: {members.Count} nodes");
    }

    private static IEnumerable<JsonNode> Items(JsonNode? array) => (array as JsonArray ?? []).OfType<JsonNode>();
}
