using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Which of a session's requests may run: so many at once, and of those with one key one at a time. The others wait, in
/// order, as many as may. Not thread-safe: the actor's own.
/// </summary>
/// <remarks>
/// Safe requests have places of their own: unsafe ones, which wait for each other, may take all of theirs for as long as one of them
/// is slow, and no GET waits for that.
/// </remarks>
internal sealed class RequestQueue(ClusterSessionOptions options)
{
    /// <summary>Each null until there is such a request: most homes have one request.</summary>
    private Line? _unsafe;
    private Line? _safe;

    /// <summary>Keys are rare, so there is a set once there is one to keep.</summary>
    private HashSet<Guid>? _runningKeys;

    /// <summary>Requests whose key is that of one that runs: they get its outcome.</summary>
    private List<(RunRequest Request, bool IsTooLate)>? _behind;

    private long _arrivals;

    /// <summary>What runs and is no request.</summary>
    private int _others;

    /// <summary>Whether nothing runs. Then nothing waits behind it either.</summary>
    public bool IsEmpty => _others == 0 && _unsafe is not { IsEmpty: false } && _safe is not { IsEmpty: false };

    /// <summary>Whether some wait for a place.</summary>
    public bool HasWaiting => InOrder > 0;

    /// <summary>For a place, for the outcome of another, or to store what they have changed.</summary>
    public int Waiting => InOrder + (_behind?.Count ?? 0) + (_safe?.Places.Count(place => place.IsStoring) ?? 0);

    /// <summary>Whether one more can neither run nor wait.</summary>
    public bool IsFullFor(RunRequest request) => Waiting >= options.MaxQueuedRequests && !HasPlace(LineOf(RequestRun.IsSafe(request)));

    /// <param name="isTooLate">See <see cref="RequestTerms.IsTooLate"/>.</param>
    public void Add(RunRequest request, bool isTooLate = false) =>
        LineOf(RequestRun.IsSafe(request)).Waiting.Enqueue((_arrivals++, request, isTooLate));

    /// <summary>Takes the next request out, if one more may run.</summary>
    public bool TryNext(out RunRequest request, out bool isTooLate)
    {
        var (first, other) = _safe is null || _unsafe?.FirstArrival < _safe.FirstArrival ? (_unsafe, _safe) : (_safe, _unsafe);
        var line = HasNext(first) ? first : HasNext(other) ? other : null;
        (_, request, isTooLate) = line?.Waiting.Dequeue() ?? default;
        return line is not null;
    }

    /// <summary>Takes out all that wait, whether or not they might run.</summary>
    public IReadOnlyList<RunRequest> TakeWaiting()
    {
        List<RunRequest> waiting = [.. new[] { _unsafe, _safe }.OfType<Line>().SelectMany(line => line.Waiting).OrderBy(w => w.Arrival).Select(w => w.Request)];
        waiting.AddRange((_behind ?? []).Select(behind => behind.Request));
        _unsafe?.Waiting.Clear();
        _safe?.Waiting.Clear();
        _behind?.Clear();
        return waiting;
    }

    /// <summary>Whether the request runs from now on. It waits behind the one that has its key otherwise.</summary>
    public bool TryRun(RunRequest request, bool isTooLate, IdempotencyKey? key, RequestPlace place)
    {
        if (key is not null && !(_runningKeys ??= []).Add(key.Key))
        {
            (_behind ??= []).Add((request, isTooLate));
            return false;
        }

        LineOf(place.IsSafe).Places.Add(place);
        return true;
    }

    /// <param name="key">What the client called the request.</param>
    public void End(Guid? key, RequestPlace place)
    {
        LineOf(place.IsSafe).Places.Remove(place);
        if (key is { } its)
        {
            _runningKeys?.Remove(its);
            _behind?.ForEach(behind => Add(behind.Request, behind.IsTooLate));
            _behind?.Clear();
        }
    }

    /// <summary>Something that takes a request's place until <see cref="Leave"/>.</summary>
    public void Enter() => _others++;

    public void Leave() => _others--;

    private int InOrder => (_unsafe?.Waiting.Count ?? 0) + (_safe?.Waiting.Count ?? 0);

    private bool HasNext(Line? line) => line is { Waiting.Count: > 0 } && HasPlace(line);

    /// <summary>What runs and is no request is safe.</summary>
    private bool HasPlace(Line line)
    {
        var others = line == _safe ? _others : 0;
        return line.Places.Count + others < options.MaxConcurrentRequests
            || line.Places.Count(place => place.IsTaken) + others < options.MaxConcurrentRequests;
    }

    private Line LineOf(bool isSafe) => isSafe ? _safe ??= new() : _unsafe ??= new();

    private sealed class Line
    {
        public Queue<(long Arrival, RunRequest Request, bool IsTooLate)> Waiting { get; } = [];

        public List<RequestPlace> Places { get; } = [];

        public bool IsEmpty => Waiting.Count == 0 && Places.Count == 0;

        public long FirstArrival => Waiting.TryPeek(out var first) ? first.Arrival : long.MaxValue;
    }
}
