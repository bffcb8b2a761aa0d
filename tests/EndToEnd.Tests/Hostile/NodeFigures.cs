using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Diagnostics.NETCore.Client;
using Pomegranate.EndToEnd.Tests.Harness;
using Pomegranate.Tests;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>What a node holds at a moment: counted by the system (<c>/proc</c>) and by the node itself (<c>/metrics</c>).</summary>
/// <param name="Resident">Bytes of memory, as the system sees it.</param>
/// <param name="Heap">Bytes in use on the managed heap after its last collection.</param>
/// <param name="Sockets">Open ones, of every kind.</param>
/// <param name="Threads">Without those of the .NET thread pool, which makes more under load and ends them when they were idle for 20 s.</param>
/// <param name="Timers">Live .NET timers: whoever still waits with a limit has one.</param>
/// <param name="Connections">HTTP connections; frontends.</param>
/// <param name="Requests">On a frontend: sent into the cluster, not answered. On a backend: in the app.</param>
/// <param name="Streams">Open ones; frontends.</param>
/// <param name="Actors">Session actors; backends.</param>
internal sealed record NodeFigures(
    string Name, long Resident, long Heap, int Sockets, int Threads, int Timers, int Connections, int Requests, int Streams, int Actors)
{
    private const long CollectOnStart = 0x800000;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Nothing is in hand.</summary>
    public bool IsIdle => Connections == 0 && Requests == 0 && Streams == 0;

    public static Task<NodeFigures[]> OfAsync(IEnumerable<ClusterNode> nodes) => Task.WhenAll(nodes.Select(OfAsync));

    /// <summary>The same after a full collection of every node's heap.</summary>
    public static async Task<NodeFigures[]> CollectedAsync(IReadOnlyList<ClusterNode> nodes)
    {
        await Task.WhenAll(nodes.Select(CollectAsync));
        return await OfAsync(nodes);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-10} RSS {Resident / 1e6,6:F1} MB, heap {Heap / 1e6,6:F2} MB, sockets {Sockets,4}, threads {Threads,3}, timers {Timers,4}, connections {Connections,4}, requests {Requests,4}, streams {Streams,4}, session actors {Actors,4}");

    private static async Task<NodeFigures> OfAsync(ClusterNode node)
    {
        var metrics = await Http.GetStringAsync(new Uri($"{node.Management}/metrics"));
        var process = $"/proc/{node.Pid}";
        var status = await File.ReadAllTextAsync($"{process}/status");
        return new NodeFigures(
            node.Name,
            Field("VmRSS") * 1024,
            (long)(MetricsText.Sum(metrics, "dotnet_gc_last_collection_heap_size_bytes") - MetricsText.Sum(metrics, "dotnet_gc_last_collection_heap_fragmentation_size_bytes")),
            Sockets: Directory.EnumerateFiles($"{process}/fd").Count(IsSocket),
            Threads: (int)(Field("Threads") - MetricsText.Sum(metrics, "dotnet_thread_pool_thread_count")),
            Timers: (int)MetricsText.Sum(metrics, "dotnet_timer_count"),
            // Those of the management endpoint are ours.
            Connections: (int)MetricsText.Sum(metrics, "kestrel_active_connections", $"server_port=\"(?!{new Uri(node.Management).Port}\")"),
            Requests: (int)(MetricsText.Sum(metrics, "pomegranate_gateway_requests") + MetricsText.Sum(metrics, "pomegranate_server_requests")),
            Streams: (int)MetricsText.Sum(metrics, "pomegranate_gateway_streams"),
            Actors: (int)MetricsText.Sum(metrics, "pomegranate_session_actors"));

        long Field(string name) => long.Parse(Regex.Match(status, $@"^{name}:\s+(\d+)", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>A diagnostic session with this keyword makes the runtime collect everything: no node offers a route for it.</summary>
    private static async Task CollectAsync(ClusterNode node)
    {
        var before = await CollectionsAsync(node);
        var client = new DiagnosticsClient(node.Pid!.Value);
        using var session = client.StartEventPipeSession(
            [new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, CollectOnStart)], requestRundown: false);
        await Await.UntilAsync($"a full collection in {node.Name}", TimeSpan.FromSeconds(20), async () => await CollectionsAsync(node) > before);
        await session.StopAsync(CancellationToken.None);
    }

    private static async Task<double> CollectionsAsync(ClusterNode node) =>
        MetricsText.Sum(await Http.GetStringAsync(new Uri($"{node.Management}/metrics")), @"dotnet_gc_collections_total", "gen2");

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed in this moment.
            return false;
        }
    }
}
