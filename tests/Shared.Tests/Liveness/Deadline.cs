namespace Pomegranate.Shared.Tests.Liveness;

/// <summary>Waits that say what they waited for.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    public static Task Within(this Task task, string awaited, TimeSpan? limit = null) => WaitAsync(task, awaited, limit ?? Usual);

    public static async Task<T> Within<T>(this Task<T> task, string awaited, TimeSpan? limit = null)
    {
        await WaitAsync(task, awaited, limit ?? Usual);
        return await task;
    }

    private static async Task WaitAsync(Task task, string awaited, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {limit.TotalSeconds} s in vain for {awaited}.");
        }
    }
}
