using System.Globalization;
using Pomegranate.Tests;

namespace Pomegranate.Campaign.Nodes;

/// <summary>What a node holds.</summary>
/// <param name="Resident">Bytes of memory, as the kernel counts them.</param>
/// <param name="Heap">Bytes of .NET's heap after the last collection.</param>
/// <param name="InHand">Requests, streams and session actors, by the metric's name.</param>
internal sealed record NodeUse(string Node, int Pid, long Resident, int Sockets, long Heap, IReadOnlyDictionary<string, long> InHand)
{
    private const string HeapMetric = "dotnet_gc_last_collection_heap_size";

    /// <summary>At rest each of them is 0.</summary>
    private static readonly string[] Metrics =
        ["pomegranate_session_actors", "pomegranate_server_requests", "pomegranate_gateway_requests", "pomegranate_gateway_streams"];

    /// <returns>Null where the node does not run, or does not answer.</returns>
    public static async Task<NodeUse?> ReadAsync(CampaignNodes nodes, string node, HttpClient http)
    {
        if (nodes.Pid(node) is not { } pid)
        {
            return null;
        }

        try
        {
            var metrics = await http.GetStringAsync(new Uri(nodes.Spec(node).Management, "metrics"));
            long Sum(string metric) => (long)MetricsText.Sum(metrics, metric);
            var page = Environment.SystemPageSize;
            var resident = long.Parse((await File.ReadAllTextAsync($"/proc/{pid}/statm")).Split(' ')[1], CultureInfo.InvariantCulture) * page;
            var sockets = Directory.GetFiles($"/proc/{pid}/fd").Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
            return new NodeUse(node, pid, resident, sockets, Sum(HeapMetric), Metrics.ToDictionary(metric => metric, Sum));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
