namespace Pomegranate.Backend.Durability;

/// <summary>The store cannot be opened, read or written; the message says which, why, and what to do.</summary>
internal sealed class DurableStoreException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether there is no room, so that a shorter log may help.</summary>
    public bool IsFull { get; init; }
}
