using System.Diagnostics;
using Pomegranate.Bench.Systems;
using Pomegranate.Tests;

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
                left += (long)MetricsText.Sum(await http.GetStringAsync(new Uri($"{backend.Management}/metrics")), Actors);
            }

            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new BenchException($"{left} sessions still have an actor {Patience.TotalMinutes:0} min after the last was used.");
            }
        }
    }
}
