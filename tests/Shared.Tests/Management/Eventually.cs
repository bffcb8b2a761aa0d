using System.Diagnostics;

namespace Pomegranate.Tests;

/// <summary>Awaits what only asking again can show; the deadline says what was awaited and what was last seen.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    public static async Task<T> AwaitAsync<T>(string what, Func<Task<T>> ask, Func<T, bool> isReached)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await ask();
            if (isReached(seen))
            {
                return seen;
            }

            Assert.True(clock.Elapsed < s_deadline, $"Awaited for {s_deadline.TotalSeconds} s: {what}. Last seen: {seen}");
            await timer.WaitForNextTickAsync();
        }
    }
}
