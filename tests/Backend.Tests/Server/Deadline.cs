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

    public static async Task For(this Task task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(Default)) != task)
        {
            throw new TimeoutException($"Not within {Default.TotalSeconds} s: {what}.");
        }

        await task;
    }
}
