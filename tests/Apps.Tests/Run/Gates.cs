using System.Collections.Concurrent;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>Where the app's code and the client of a case meet: both are in this process, on either side.</summary>
internal sealed class Gates
{
    private readonly ConcurrentDictionary<string, Gate> _all = new();

    /// <summary>The gate of this name; one side's.</summary>
    public Gate this[string name] => _all.GetOrAdd(name, _ => new Gate());
}

/// <summary>A place where the app waits until the client lets it go on.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _times;

    /// <summary>The app has come to the gate, once at least.</summary>
    public Task Reached => _reached.Task;

    /// <summary>How often the app has come to the gate.</summary>
    public int Times => Volatile.Read(ref _times);

    /// <summary>The app has come to the gate so often.</summary>
    public Task ReachedAsync(int times) =>
        Await.UntilAsync($"the app {times} times at its gate", () => Task.FromResult(Times), seen => seen >= times);

    /// <summary>In the app: says that it is here, and waits.</summary>
    public Task PassAsync(CancellationToken cancellation = default)
    {
        Reach();
        return _open.Task.WaitAsync(cancellation);
    }

    /// <summary>In the app: says that it is here.</summary>
    public void Reach()
    {
        Interlocked.Increment(ref _times);
        _reached.TrySetResult();
    }

    /// <summary>In the client: lets through who waits, and whoever comes.</summary>
    public void Open() => _open.TrySetResult();
}
