using System.Collections.Concurrent;
using Pomegranate.Apps.Compare;
using Pomegranate.Conformance.Compare;

namespace Pomegranate.Apps.Run;

/// <summary>One app on both sides, and all its cases.</summary>
internal static class AppRun
{
    /// <summary>Cases at once: as many as keep a small machine busy.</summary>
    private const int Parallelism = 4;

    /// <summary>A case may not hang the others; a turn that is waited for is over by then.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    public static async Task<IReadOnlyList<Verdict>> CompareAsync(TriedApp app)
    {
        await using var kestrel = await KestrelSide.StartAsync(app);
        ISide cluster;
        try
        {
            cluster = await ClusterSide.StartAsync(app);
        }
        catch (Exception failure)
        {
            // Every case of it differs then.
            return [.. app.Cases.Select(@case => new Verdict(NameOf(app, @case), "", $"The app does not start: {failure}", [], false))];
        }

        await using var running = cluster;
        var verdicts = new ConcurrentDictionary<AppCase, Verdict>();

        var together = app.Cases.Where(@case => !@case.HasKill && !@case.IsAlone);
        await Parallel.ForEachAsync(together, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (@case, _) => await CompareAsync(@case));
        foreach (var @case in app.Cases.Where(@case => !@case.HasKill && @case.IsAlone))
        {
            await CompareAsync(@case);
        }

        var killed = app.Cases.Where(@case => @case.HasKill).ToList();
        var (barrier1, barrier2) = (new KillBarrier(killed.Count, kestrel.KillAsync), new KillBarrier(killed.Count, cluster.KillAsync));
        await Task.WhenAll(killed.Select(@case => CompareAsync(@case, barrier1, barrier2)));
        return [.. app.Cases.Select(@case => verdicts[@case])];

        async Task CompareAsync(AppCase @case, KillBarrier? one = null, KillBarrier? other = null)
        {
            var texts = await Task.WhenAll(WalkAsync(kestrel, @case, one), WalkAsync(cluster, @case, other));
            verdicts[@case] = Verdict.Of(NameOf(app, @case), texts[0], texts[1], Differences.Explained);
        }
    }

    public static string NameOf(TriedApp app, AppCase @case) => $"{app.Name}: {@case.Name}";

    /// <summary>A walk that fails ends with why, which is compared too: on one side only it is a difference.</summary>
    private static async Task<string> WalkAsync(ISide side, AppCase @case, KillBarrier? barrier)
    {
        var hasArrived = false;
        using var walk = new Walk(side, @case, () =>
        {
            hasArrived = true;
            return barrier?.PassAsync() ?? throw new InvalidOperationException($"{@case.Name} has a kill: set HasKill.");
        });
        try
        {
            await Task.Run(() => @case.WalkAsync(walk)).WaitAsync(Deadline);
        }
        catch (Exception failure)
        {
            walk.Note($"the client failed: {failure.GetType().Name}: {failure.Message}");
        }
        finally
        {
            if (barrier is not null && !hasArrived)
            {
                await barrier.ArriveAsync();
            }
        }

        return walk.ToString();
    }
}
