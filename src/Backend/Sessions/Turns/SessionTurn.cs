namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>
/// A session's turns: what <see cref="TurnLine"/> says, for requests on many threads, with the time that passes. Thread-safe.
/// </summary>
internal sealed class SessionTurn(TimeProvider time, ClusterSessionOptions options)
{
    private readonly Lock _lock = new();
    private readonly TurnLine _line = new(options.TurnPatience, options.TurnTimeout);
    private readonly List<TurnTicket> _over = [];
    private readonly long _start = time.GetTimestamp();
    private ITimer? _timer;
    private TimeSpan? _timerAt;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Asks for the turn at the first use; completes when the request need not wait (any more).</summary>
    public Task UseAsync(TurnTicket ticket, CancellationToken cancellation) => AskAsync(ticket, commits: false, cancellation);

    /// <summary>Asks for the turn to change the session; completes when the request has it, or has waited for too long.</summary>
    public Task CommitAsync(TurnTicket ticket, CancellationToken cancellation) => AskAsync(ticket, commits: true, cancellation);

    /// <summary>Where the request stands now: others move it.</summary>
    public TurnState StateOf(TurnTicket ticket)
    {
        lock (_lock)
        {
            return ticket.State;
        }
    }

    /// <summary>Whether those that the request has caused have changed the session since this was last asked.</summary>
    public bool IsBehind(TurnTicket ticket)
    {
        if (!ticket.IsBehind)
        {
            return false;
        }

        lock (_lock)
        {
            ticket.IsBehind = false;
            return true;
        }
    }

    /// <summary>It turns out that the request must not run again: whoever has the turn then keeps it.</summary>
    public void Keep(TurnTicket ticket)
    {
        lock (_lock)
        {
            // One that others have passed may have read what they have changed since.
            ticket.IsYielding &= ticket.State == TurnState.Beside || ticket.IsCommitting;
        }
    }

    /// <summary>Gives the turn to the next in line.</summary>
    /// <returns>For how long it was held.</returns>
    public TimeSpan Release(TurnTicket ticket)
    {
        lock (_lock)
        {
            var now = Now;
            var held = ticket.State == TurnState.Holding ? now - ticket.HeldSince : TimeSpan.Zero;
            if (ticket.State == TurnState.Waiting)
            {
                _over.Add(ticket);
            }

            TurnLine.Release(ticket, now, _over);

            // One that was kept in its turn by those it has caused may be tired.
            _line.Tick(now, _over);
            Settle();
            return held;
        }
    }

    /// <summary>A request that has lost begins anew, with the turn.</summary>
    public void HandOver(TurnTicket lost, TurnTicket again)
    {
        lock (_lock)
        {
            TurnLine.HandOver(lost, again, Now);
            Settle();
        }
    }

    private Task AskAsync(TurnTicket ticket, bool commits, CancellationToken cancellation)
    {
        Task wait;
        lock (_lock)
        {
            if (commits)
            {
                _line.Commit(ticket, Now, _over);
            }
            else
            {
                _line.Use(ticket, Now, _over);
            }

            if (ticket.State != TurnState.Waiting)
            {
                Settle();
                return Task.CompletedTask;
            }

            // Not run inline: who gives the turn up must not run the next request on its thread.
            ticket.Wait = new(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = ticket.Wait.Task;
            Settle();
        }

        return WaitAsync(ticket, wait, cancellation);
    }

    private async Task WaitAsync(TurnTicket ticket, Task wait, CancellationToken cancellation)
    {
        await using var registration = cancellation.Register(() =>
        {
            lock (_lock)
            {
                if (ticket.State == TurnState.Waiting)
                {
                    TurnLine.Release(ticket, Now, _over);
                    _over.Add(ticket);
                    Settle();
                }
            }
        });
        await wait;
        if (StateOf(ticket) == TurnState.None)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells those whose wait is over, and comes again when time alone changes something.</summary>
    private void Settle()
    {
        foreach (var ticket in _over)
        {
            ticket.Wait?.TrySetResult();
            ticket.Wait = null;
        }

        _over.Clear();
        if (_line.WakeAt is { } wake && (_timerAt is not { } due || wake < due))
        {
            _timerAt = wake;
            var wait = wake - Now;
            wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
            _timer ??= time.CreateTimer(static self => ((SessionTurn)self!).OnTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTime()
    {
        lock (_lock)
        {
            _timerAt = null;
            _line.Tick(Now, _over);
            Settle();
        }
    }
}
