namespace Pomegranate.Frontend.Gateway;

/// <summary>How many of an app's backends are up, and what waits for them. Written by its router, read by any thread.</summary>
internal sealed class AppBackends
{
    private volatile int _count;

    public int Count
    {
        get => _count;
        set => _count = value;
    }

    /// <summary>Counts the requests that wait for their answer; set once.</summary>
    public Func<int>? CountPending { get; set; }

    /// <summary>Requests that wait for their answer.</summary>
    public int Pending => CountPending?.Invoke() ?? 0;
}
