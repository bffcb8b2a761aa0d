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
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

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

    /// <summary>Waits, looking often, for the moment in which the node has joined.</summary>
    /// <param name="ready">Until it says that it is ready; else until another node sees it as Up.</param>
    /// <returns>Whether it came.</returns>
    public async Task<bool> HasJoinedAsync(string node, bool ready, TimeSpan within)
    {
        var spec = nodes.Spec(node);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < within)
        {
            try
            {
                if (ready)
                {
                    using var answer = await http.GetAsync(new Uri(spec.Management, "ready"));
                    if (answer.IsSuccessStatusCode)
                    {
                        return true;
                    }
                }
                else
                {
                    var view = JsonNode.Parse(await http.GetStringAsync(new Uri(nodes.Spec(Topology.Lighthouse).Management, "cluster/members")))!;
                    if (view["members"]!.AsArray().Any(member =>
                        ((string)member!["node"]!).EndsWith("@" + spec.Address, StringComparison.Ordinal) && (string)member["status"]! == "Up"))
                    {
                        return true;
                    }
                }
            }
            catch (Exception exception) when (IsSilence(exception, CancellationToken.None))
            {
                // Not yet.
            }

            await Task.Delay(Glance);
        }

        return false;
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
