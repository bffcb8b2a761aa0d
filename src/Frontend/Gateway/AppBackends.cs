namespace Pomegranate.Frontend.Gateway;

/// <summary>How many of an app's backends are up. Written by its router, read by any thread.</summary>
internal sealed class AppBackends
{
    private volatile int _count;

    public int Count
    {
        get => _count;
        set => _count = value;
    }
}
