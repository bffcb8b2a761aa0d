namespace Pomegranate.Backend.Sessions;

/// <summary>Counts the session actors of a node. Thread-safe.</summary>
internal sealed class LiveActors
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Started() => Interlocked.Increment(ref _count);

    public void Stopped() => Interlocked.Decrement(ref _count);
}
