namespace Pomegranate.Backend.Tests.Server;

/// <summary>A wait that ends, and then says what it waited for.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    public static async Task<T> For<T>(this Task<T> task, string what)
    {
        await ((Task)task).For(what);
        return await task;
    }

    /// <param name="within">Null is <see cref="Default"/>.</param>
    public static async Task For(this Task task, string what, TimeSpan? within = null)
    {
        var limit = within ?? Default;
        try
        {
            await task.WaitAsync(limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what}.");
        }
    }
}
