namespace Pomegranate.Backend.Tests.Server;

/// <summary>What became of something an app tried, in words that two servers can be compared by.</summary>
internal static class Attempt
{
    public static string Try(Action action)
    {
        try
        {
            action();
            return "fine";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    public static async Task<string> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return "fine";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }
}
