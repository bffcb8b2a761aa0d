namespace Pomegranate.Backend.Sessions;

/// <summary>Lets commits of a session run beside each other, and a move of the session to another id alone. Thread-safe.</summary>
internal sealed class CommitGate
{
    private readonly Lock _lock = new();
    private int _inside;
    private TaskCompletionSource? _alone;
    private TaskCompletionSource? _empty;

    /// <summary>Completes at once, but while the session moves.</summary>
    public async ValueTask<Pass> EnterAsync()
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_alone is null)
                {
                    _inside++;
                    return new Pass(this, isAlone: false);
                }

                moved = _alone.Task;
            }

            await moved;
        }
    }

    /// <summary>Completes when those inside have left. Whoever comes waits from now on.</summary>
    public async Task<Pass> EnterAloneAsync()
    {
        while (true)
        {
            Task wait;
            var isNext = false;
            lock (_lock)
            {
                if (_alone is null)
                {
                    isNext = true;
                    _alone = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    _empty = _inside > 0 ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
                    wait = _empty?.Task ?? Task.CompletedTask;
                }
                else
                {
                    wait = _alone.Task;
                }
            }

            await wait;
            if (isNext)
            {
                return new Pass(this, isAlone: true);
            }
        }
    }

    private void Leave(bool isAlone)
    {
        TaskCompletionSource? over = null;
        lock (_lock)
        {
            if (isAlone)
            {
                (over, _alone) = (_alone, null);
            }
            else if (--_inside == 0)
            {
                (over, _empty) = (_empty, null);
            }
        }

        over?.SetResult();
    }

    /// <summary>To be disposed once, to leave.</summary>
    internal readonly struct Pass(CommitGate gate, bool isAlone) : IDisposable
    {
        public void Dispose() => gate.Leave(isAlone);
    }
}
