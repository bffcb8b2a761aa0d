using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Which of a session's requests may run: so many at once, and of those with one key one at a time. The others wait, in
/// order, as many as may. Not thread-safe: the actor's own.
/// </summary>
internal sealed class RequestQueue(ClusterSessionOptions options)
{
    private readonly Queue<RunRequest> _inOrder = [];

    /// <summary>Keys are rare, so there is a set once there is one to keep.</summary>
    private HashSet<Guid>? _runningKeys;

    /// <summary>Requests whose key is that of one that runs: they get its outcome.</summary>
    private List<RunRequest>? _behind;

    private int _running;

    /// <summary>Whether nothing runs. Then nothing waits behind it either.</summary>
    public bool IsEmpty => _running == 0 && _inOrder.Count == 0;

    public int Waiting => _inOrder.Count + (_behind?.Count ?? 0);

    public bool IsFull => _running + Waiting >= options.MaxConcurrentRequests + options.MaxQueuedRequests;

    public void Add(RunRequest request) => _inOrder.Enqueue(request);

    /// <summary>Takes the next request out, if one more may run.</summary>
    public bool TryNext(out RunRequest request)
    {
        if (_running < options.MaxConcurrentRequests && _inOrder.TryDequeue(out var next))
        {
            request = next;
            return true;
        }

        request = null!;
        return false;
    }

    /// <summary>Whether the request runs from now on. It waits behind the one that has its key otherwise.</summary>
    public bool TryRun(RunRequest request, IdempotencyKey? key)
    {
        if (key is not null && !(_runningKeys ??= []).Add(key.Key))
        {
            (_behind ??= []).Add(request);
            return false;
        }

        Enter();
        return true;
    }

    /// <param name="key">What the client called the request.</param>
    public void End(Guid? key)
    {
        Leave();
        if (key is { } its)
        {
            _runningKeys?.Remove(its);
            _behind?.ForEach(_inOrder.Enqueue);
            _behind?.Clear();
        }
    }

    /// <summary>Something that takes a request's place until <see cref="Leave"/>.</summary>
    public void Enter() => _running++;

    public void Leave() => _running--;
}
