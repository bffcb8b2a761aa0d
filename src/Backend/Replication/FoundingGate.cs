namespace Pomegranate.Backend.Replication;

/// <summary>
/// A new cluster serves sessions only once so many backends are in it. Nodes that start while they reach nobody found a
/// cluster of their own, also if they only are the smaller part of one that goes on elsewhere: it would know none of the
/// sessions, and give the clients that reach it empty ones. With more than half of all backends required, it never serves.
/// </summary>
/// <param name="minimum">See <see cref="ReplicationOptions.MinimumBackends"/>.</param>
internal sealed class FoundingGate(int minimum)
{
    private volatile string? _waitingFor;

    /// <summary>Why this backend does not serve yet; null when it does not wait.</summary>
    public string? WaitingFor => _waitingFor;

    /// <param name="present">How many backends are up, this one included.</param>
    public bool IsOpen(int present)
    {
        _waitingFor = present >= minimum ? null
            : $"No backend of this cluster serves sessions yet, and it has {present} of the {minimum} backends that a new cluster needs "
            + $"({ReplicationOptions.Section}:{nameof(ReplicationOptions.MinimumBackends)}). Start more; if they run, see whether they reach this node's seeds.";
        return present >= minimum;
    }
}
