using System.Collections.Concurrent;

namespace Pomegranate.Backend.Server;

/// <summary>
/// The app's share of the thread pool. Requests begin on at most so many threads at once, and the pool has always some
/// more: an app that blocks (Thread.Sleep, .Result, a synchronous driver) keeps its own requests waiting, not the sockets
/// that carry heartbeats and replicas. Without it 200 requests that slept made the cluster remove a healthy backend.
/// </summary>
/// <remarks>
/// An app that blocks all its threads while requests wait gets more of them, a quarter each time it is looked at: that is
/// faster than the pool itself, which adds one or two a second. One that computes gets no more: the cores are taken.
/// What an app blocks after its first real await is not seen here.
/// </remarks>
internal sealed class AppThreads : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Threads that are never the app's.</summary>
    public const int Reserve = 8;

    private const int Most = 1000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _waiting = [];
    private readonly ITimer _timer;
    private int _threads = Math.Max(8, 2 * Environment.ProcessorCount);
    private int _taken;
    private long _begun;
    private long _begunAtLook;
    private TimeSpan _cpuAtLook;

    public AppThreads(TimeProvider time)
    {
        KeepReserve();
        _timer = time.CreateTimer(static self => ((AppThreads)self!).GrowIfBlocked(), this, Look, Look);
    }

    public int Threads => Volatile.Read(ref _threads);

    public void Queue(IThreadPoolWorkItem item)
    {
        _waiting.Enqueue(item);
        StartThread();
    }

    /// <summary>One thread's turn: one request, so that what else the pool has to do comes between.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (_waiting.TryDequeue(out var item))
        {
            Interlocked.Increment(ref _begun);
            item.Execute();
        }

        if (_waiting.IsEmpty)
        {
            Interlocked.Decrement(ref _taken);

            // One that came meanwhile found no thread free.
            if (!_waiting.IsEmpty)
            {
                StartThread();
            }
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void StartThread()
    {
        if (Interlocked.Increment(ref _taken) <= Volatile.Read(ref _threads))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Interlocked.Decrement(ref _taken);
        }
    }

    private void GrowIfBlocked()
    {
        var begun = Interlocked.Read(ref _begun);
        var cpu = Environment.CpuUsage.TotalTime;
        var isBusy = cpu - _cpuAtLook > 0.8 * Environment.ProcessorCount * Look;
        if (begun == _begunAtLook && !_waiting.IsEmpty && !isBusy && _threads < Most)
        {
            var more = Math.Min(Math.Max(1, _threads / 4), Most - _threads);
            Volatile.Write(ref _threads, _threads + more);
            KeepReserve();
            for (var i = 0; i < more; i++)
            {
                StartThread();
            }
        }

        (_begunAtLook, _cpuAtLook) = (begun, cpu);
    }

    private void KeepReserve()
    {
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, _threads + Reserve), ports);
    }
}
