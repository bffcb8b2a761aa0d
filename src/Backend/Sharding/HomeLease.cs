using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Whether this node may still say what its sessions hold. Cut off from the others it cannot know that they have given
/// its shards away: so it holds a lease, which a majority of the backends of its view grants and renews, and whose end those
/// who go on without it wait for (<see cref="Pomegranate.Views.ViewNode"/>). A request is answered only under the lease;
/// without it, it waits. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A change needs no lease to be safe: it needs acknowledgements of a majority, which a node that was cut off does not
/// get. What it read before does: an acknowledged change of the next home would be missing.
/// </para>
/// <para>After Gray and Cheriton, "Leases" (1989). Clocks need not agree, only run at about one rate.</para>
/// </remarks>
/// <param name="time">What the lease is measured in: its timestamps, which a changed clock does not move.</param>
/// <param name="patience">How long requests wait for it, counted from the first that found it missing; after that they fail at once.</param>
internal sealed class HomeLease(TimeProvider time, TimeSpan patience)
{
    private readonly Lock _lock = new();
    private long _until = long.MinValue;
    private long? _missedSince;
    private TaskCompletionSource? _renewed;

    public bool IsHeld => time.GetTimestamp() < Volatile.Read(ref _until);

    /// <param name="until">A timestamp of the time provider; one that has passed ends the lease.</param>
    public void Set(long until)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            Volatile.Write(ref _until, until);
            if (!IsHeld)
            {
                return;
            }

            waiting = _renewed;
            _renewed = null;
            _missedSince = null;
        }

        waiting?.TrySetResult();
    }

    /// <summary>Completes when the lease is held: at once, unless this node is cut off, hung or starved.</summary>
    /// <exception cref="SessionCommitException">It has not been for as long as the patience lasts.</exception>
    public Task HeldAsync() => IsHeld ? Task.CompletedTask : WaitAsync();

    private async Task WaitAsync()
    {
        var (renewed, left) = Renewed();
        try
        {
            await renewed.WaitAsync(left, time);
        }
        catch (TimeoutException)
        {
            throw new SessionCommitException(
                $"For {patience.TotalSeconds:0.#} s or longer (Pomegranate:Replication:CommitTimeout) this node has not heard from a majority of the backends, so it does not know "
                + "whether it still is the session's home. Check 'pbm cluster show' for backends that hang or cannot be reached.");
        }
    }

    private (Task Renewed, TimeSpan Left) Renewed()
    {
        lock (_lock)
        {
            if (IsHeld)
            {
                return (Task.CompletedTask, TimeSpan.Zero);
            }

            // Not from each request's own beginning: those that wait for the turn of one that waits here would come on top.
            _missedSince ??= time.GetTimestamp();
            var left = patience - time.GetElapsedTime(_missedSince.Value);
            _renewed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return (_renewed.Task, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }
}
