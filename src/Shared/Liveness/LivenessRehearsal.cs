using System.Net;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Liveness;

/// <summary>
/// Proves one staged death on loopback when a node starts, so that the code for it is compiled before it counts: a
/// node's first proof took about 125 ms, its second 25, and a first proof is what most nodes ever make.
/// </summary>
internal static class LivenessRehearsal
{
    private const long Incarnation = 0;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <returns>How the rehearsal ended; a failure is logged, and harmless.</returns>
    public static async Task<PeerWatch.Result?> RunAsync(TimeProvider time, ILogger log)
    {
        try
        {
            using var limit = new CancellationTokenSource(Limit, time);
            var victim = new LivenessListener(new IPEndPoint(IPAddress.Loopback, 0), Incarnation, log);
            return await new PeerWatch(time).RunAsync(
                IPAddress.Loopback.ToString(), victim.Port, Incarnation, _ => victim.Dispose(), limit.Token);
        }
        catch (Exception e)
        {
            // No loopback, or a machine so starved that ten seconds were not enough: the first proof is slower, no more.
            LivenessLog.RehearsalFailed(log, e);
            return null;
        }
    }
}
