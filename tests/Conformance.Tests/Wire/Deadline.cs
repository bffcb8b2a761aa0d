namespace Pomegranate.Conformance.Wire;

/// <summary>How long an answer may take. Shorter than the cluster harness's: many answers are awaited, and each is quick.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task Of(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Not within {Limit.TotalSeconds} s: {what}.");
        }
    }

    public static async Task<T> Of<T>(Task<T> task, string what)
    {
        await Of((Task)task, what);
        return await task;
    }
}
