namespace Pomegranate.Apps.Run;

/// <summary>Where the clients of all cases with a kill wait for each other; the last one kills.</summary>
internal sealed class KillBarrier(int cases, Func<Task> kill)
{
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = cases;

    /// <summary>In a walk: returns when the kill is over.</summary>
    public async Task PassAsync()
    {
        await ArriveAsync();
        await _killed.Task;
    }

    /// <summary>A walk that failed before its kill is waited for no more.</summary>
    public async Task ArriveAsync()
    {
        if (Interlocked.Decrement(ref _missing) > 0)
        {
            return;
        }

        try
        {
            await kill();
            _killed.TrySetResult();
        }
        catch (Exception failure)
        {
            _killed.TrySetException(failure);
        }
    }
}
