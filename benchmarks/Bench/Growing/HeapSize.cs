using System.Text.Json;

namespace Pomegranate.Bench.Growing;

/// <summary>The live heap of each backend, which the Portal's <c>/stats</c> tells for the node that answers.</summary>
internal static class HeapSize
{
    public static async Task<double> AverageAsync(Uri url, int backends)
    {
        // Every request without a session may go to any backend.
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(2) };
        var heaps = new Dictionary<string, long>();
        for (var attempt = 0; heaps.Count < backends && attempt < 40 * backends; attempt++)
        {
            using var answer = await http.GetAsync(new Uri("/stats", UriKind.Relative));
            if (!answer.IsSuccessStatusCode)
            {
                // Nothing else runs while some GB are collected, so the others may have missed the node for a moment.
                await Task.Delay(TimeSpan.FromSeconds(1));
                continue;
            }

            using var stats = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            heaps[stats.RootElement.GetProperty("node").GetString()!] = stats.RootElement.GetProperty("heapUsed").GetInt64();
        }

        return heaps.Values.Average();
    }
}
