namespace Pomegranate.Frontend.Gateway;

/// <summary>What the frontend's health checks and answers go by. Written by its start and stop, read by any thread.</summary>
internal sealed class FrontendState
{
    private volatile bool _isOpen;
    private volatile bool _isDraining;
    private volatile bool _isClosing;

    /// <summary>Takes connections.</summary>
    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }

    /// <summary>Told to stop: still serving, but not ready for new clients.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    /// <summary>Takes no more connections, and serves those it has until it closes them.</summary>
    public bool IsClosing
    {
        get => _isClosing;
        set => _isClosing = value;
    }
}
