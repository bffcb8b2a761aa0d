namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Whose turn it is: at most one request holds a session exclusively, the others wait in order of arrival.
/// Thread-safe.
/// </summary>
internal sealed class SessionTurn
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _waiters = [];
    private bool _taken;

    /// <summary>True once it is the caller's turn, false when <paramref name="timeout"/> has passed first.</summary>
    public async Task<bool> TakeAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> waiter;
        LinkedListNode<TaskCompletionSource<bool>> node;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return true;
            }

            // Not run inline: the one who gives the turn up must not run the next request on its thread.
            waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            node = _waiters.AddLast(waiter);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        await using var registration = limit.Token.Register(() =>
        {
            lock (_lock)
            {
                if (node.List is not null)
                {
                    _waiters.Remove(node);
                    waiter.TrySetResult(false);
                }
            }
        });
        var taken = await waiter.Task;
        if (!taken)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        return taken;
    }

    /// <summary>Takes the turn if it is free; never waits.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            var free = !_taken;
            _taken = true;
            return free;
        }
    }

    /// <summary>Gives the turn to the next in line.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_waiters.First is { } next)
            {
                _waiters.RemoveFirst();
                next.Value.TrySetResult(true);
            }
            else
            {
                _taken = false;
            }
        }
    }
}
