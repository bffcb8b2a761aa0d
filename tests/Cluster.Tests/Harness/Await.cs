namespace Pomegranate.ClusterTests.Harness;

/// <summary>Waits that end, and then say what they waited for.</summary>
internal static class Await
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits for an event.</summary>
    public static async Task<T> For<T>(this Task<T> task, string what)
    {
        await ((Task)task).For(what);
        return await task;
    }

    /// <summary>Waits for an event.</summary>
    public static async Task For(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Deadline);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}.");
        }
    }

    /// <summary>Waits for what only asking again can show.</summary>
    public static async Task<T> UntilAsync<T>(string what, Func<Task<T>> ask, Func<T, bool> isReached)
    {
        using var limit = new CancellationTokenSource(Deadline);
        using var step = new PeriodicTimer(Step);
        while (true)
        {
            var seen = await ask();
            if (isReached(seen))
            {
                return seen;
            }

            try
            {
                await step.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}. Last seen: {seen}");
            }
        }
    }
}
