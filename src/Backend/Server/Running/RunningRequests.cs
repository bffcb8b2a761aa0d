namespace Pomegranate.Backend.Server;

/// <summary>Counts the requests in the app, so that a stop can wait for the last one and, out of time, abort the rest.</summary>
internal sealed class RunningRequests : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _endSockets = new();
    private int _count;
    private long _sockets;
    private bool _closed;

    public RunningRequests()
    {
        Aborted = _abort.Token;
        SocketsEnded = _endSockets.Token;
    }

    /// <summary>Fires when the server stops without waiting any longer. A straggler may register after the disposal.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Fires when open WebSockets have had their time.</summary>
    public CancellationToken SocketsEnded { get; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <exception cref="InvalidOperationException">The server has stopped.</exception>
    public void Enter()
    {
        lock (_lock)
        {
            if (_closed)
            {
                throw new InvalidOperationException("The server has stopped and runs no further request: send it to another backend.");
            }

            _count++;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_count == 0 && _closed)
            {
                _idle.TrySetResult();
            }
        }
    }

    /// <summary>Counts an upgraded connection in, unless there are so many; <see cref="LeaveSocket"/> counts it out.</summary>
    public bool TryEnterSocket(long? most)
    {
        if (Interlocked.Increment(ref _sockets) <= (most ?? long.MaxValue))
        {
            return true;
        }

        LeaveSocket();
        return false;
    }

    public void LeaveSocket() => Interlocked.Decrement(ref _sockets);

    /// <summary>Refuses requests from now on; completes when none is running.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_count == 0)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }

    public void EndSocketsAfter(TimeSpan grace) => _endSockets.CancelAfter(grace);

    public void AbortAll() => _abort.Cancel();

    public void Dispose()
    {
        _abort.Dispose();
        _endSockets.Dispose();
    }
}
