namespace Pomegranate.ClusterTests.Overload;

/// <summary>App code that keeps its requests until it is told to let them go.</summary>
internal sealed class HeldApp
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _entered = new(0);

    public void Enter() => _entered.Release();

    public async Task RunAsync(HttpContext context)
    {
        Enter();
        await _release.Task;
        await context.Response.WriteAsync("done");
    }

    /// <summary>Completes when so many more requests have reached the app.</summary>
    public async Task EnteredAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _entered.WaitAsync();
        }
    }

    public void Release() => _release.TrySetResult();
}
