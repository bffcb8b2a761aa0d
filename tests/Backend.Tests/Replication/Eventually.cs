using System.Diagnostics;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Awaits what only asking again can show.</summary>
internal static class Eventually
{
    public static async Task AwaitAsync(string what, Func<Task<bool>> isReached)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var clock = Stopwatch.StartNew();
        while (!await isReached())
        {
            Assert.True(clock.Elapsed < Deadline.Default, $"Not within {Deadline.Default.TotalSeconds} s: {what}.");
            await timer.WaitForNextTickAsync();
        }
    }
}
