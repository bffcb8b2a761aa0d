using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// Whether the cluster is whole: every node that is meant to run says of itself that it is ready, and of the cluster
/// that these nodes, no other, are its members, all up, all reachable.
/// </summary>
internal sealed class WholeCheck(CampaignNodes nodes, HttpClient http)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <returns>What is still missing when the time is up; null if the cluster is whole.</returns>
    public async Task<string?> WaitAsync(TimeSpan within, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var missing = (await Task.WhenAll(nodes.MeantToRun.Select(node => MissingAsync(node.Name, node.Management, cancellation))))
                .OfType<string>().ToList();
            if (missing.Count == 0)
            {
                return null;
            }

            if (Stopwatch.GetElapsedTime(started) > within)
            {
                return string.Join("; ", missing);
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>How many session actors live, as a frontend counts them; null where none answers.</summary>
    public async Task<int?> LiveActorsAsync(CancellationToken cancellation)
    {
        foreach (var frontend in nodes.MeantToRun.Where(node => node.Http is not null))
        {
            try
            {
                var shards = JsonNode.Parse(await http.GetStringAsync(new Uri(frontend.Management, "cluster/shards"), cancellation));
                return (int?)shards?["entities"];
            }
            catch (Exception exception) when (IsSilence(exception, cancellation))
            {
                // The next one may know.
            }
        }

        return null;
    }

    private async Task<string?> MissingAsync(string name, Uri management, CancellationToken cancellation)
    {
        try
        {
            using var ready = await http.GetAsync(new Uri(management, "ready"), cancellation);
            if (!ready.IsSuccessStatusCode)
            {
                return $"{name} is not ready: {await ready.Content.ReadAsStringAsync(cancellation)}";
            }

            var view = JsonNode.Parse(await http.GetStringAsync(new Uri(management, "cluster/members"), cancellation))!;
            var wanted = nodes.MeantToRun.Select(node => node.Address).Order().ToList();
            var up = view["members"]!.AsArray()
                .Select(member => $"{((string)member!["node"]!).Split('@')[^1]}{((string)member["status"]! == "Up" ? "" : $" {member["status"]}")}")
                .Order().ToList();
            return !wanted.SequenceEqual(up) ? $"{name} sees the members {string.Join(", ", up)}"
                : view["unreachable"]!.AsArray().Count > 0 ? $"{name} cannot reach {view["unreachable"]!.ToJsonString()}"
                : null;
        }
        catch (Exception exception) when (IsSilence(exception, cancellation))
        {
            return $"{name} does not answer: {exception.Message}";
        }
    }

    private static bool IsSilence(Exception exception, CancellationToken cancellation) => exception is HttpRequestException or JsonException
        || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);
}
