using System.Diagnostics;
using System.Globalization;
using Pomegranate.Bench.Systems;

namespace Pomegranate.Bench.Growing;

/// <summary>A session that nobody uses has no actor after two minutes (<c>PassivateAfter</c>): only its entry in the replicas is left.</summary>
internal static class IdleSessions
{
    private const string Actors = "pomegranate_session_actors";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6), Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits until no backend has a session's actor. Asks over each node's own port, which starts none.</summary>
    public static async Task AwaitAsync(PomegranateSystem system)
    {
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        for (long left = 1; left > 0; await Task.Delay(Pause))
        {
            left = 0;
            foreach (var backend in system.Nodes.Where(n => n.Role == "backend"))
            {
                var metrics = await http.GetStringAsync(new Uri($"{backend.Management}/metrics"));
                left += metrics.Split('\n').Where(line => line.StartsWith(Actors, StringComparison.Ordinal)).Sum(Value);
            }

            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new BenchException($"{left} sessions still have an actor {Patience.TotalMinutes:0} min after the last was used.");
            }
        }
    }

    // NAME{LABELS} VALUE TIMESTAMP, the last of which may be missing.
    private static long Value(string line) =>
        (long)double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[line.Contains('}', StringComparison.Ordinal) ? 0 : 1], CultureInfo.InvariantCulture);
}
