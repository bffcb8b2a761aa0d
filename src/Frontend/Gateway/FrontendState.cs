namespace Pomegranate.Frontend.Gateway;

/// <summary>What the frontend's health checks look at. Written by its start and stop, read by any thread.</summary>
internal sealed class FrontendState
{
    private volatile bool _isOpen;
    private volatile bool _isDraining;

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
}
