namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>Waits for a condition of another process, with a deadline that says what was awaited.</summary>
internal static class Await
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public static async Task UntilAsync(string what, TimeSpan deadline, Func<Task<bool>> condition, Func<string>? details = null)
    {
        using var limit = new CancellationTokenSource(deadline);
        using var step = new PeriodicTimer(Step);
        Exception? last = null;
        try
        {
            do
            {
                try
                {
                    if (await condition())
                    {
                        return;
                    }

                    last = null;
                }
                catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException or System.Text.Json.JsonException)
                {
                    last = failure;
                }
            }
            while (await step.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Not within {deadline.TotalSeconds:0} s: {what}. {last?.Message} {details?.Invoke()}");
        }
    }
}
