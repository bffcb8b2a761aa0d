namespace Pomegranate.Conformance.App;

/// <summary>What an attempt came to, in words.</summary>
internal static class Said
{
    public static string By(Action action)
    {
        try
        {
            action();
            return "fine";
        }
        catch (Exception failure)
        {
            return Of(failure);
        }
    }

    public static async Task<string> ByAsync(Func<Task> action)
    {
        try
        {
            await action();
            return "fine";
        }
        catch (Exception failure)
        {
            return Of(failure);
        }
    }

    private static string Of(Exception failure) => $"{failure.GetType().Name}: {failure.Message}";
}
