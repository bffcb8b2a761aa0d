namespace Pomegranate.Campaign.Nodes;

/// <summary>What only one campaign of a machine does at a time. Released by the thread that took it.</summary>
internal sealed class MachineLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Mutex _mutex;

    private MachineLock(Mutex mutex) => _mutex = mutex;

    /// <exception cref="TimeoutException">Another campaign has had it for a minute.</exception>
    public static MachineLock Take(string what)
    {
        var mutex = new Mutex(false, $"Global\\{LabNames.Prefix}-{what}");
        try
        {
            if (!mutex.WaitOne(Patience))
            {
                mutex.Dispose();
                throw new TimeoutException($"Another campaign on this machine has been at its {what} for {Patience.TotalSeconds} s.");
            }
        }
        catch (AbandonedMutexException)
        {
            // Who had it was killed; it is ours.
        }

        return new MachineLock(mutex);
    }

    public void Dispose()
    {
        _mutex.ReleaseMutex();
        _mutex.Dispose();
    }
}
