using Pomegranate.Clustering;

namespace Pomegranate.Frontend.Gateway;

/// <summary>How many of an app's backends are up, and what waits for them. Written by its router, read by any thread.</summary>
internal sealed class AppBackends
{
    private volatile int _count;
    private volatile bool _takeFacts;
    private RequestHeadLimits _headLimits = RequestHeadLimits.Usual;

    public int Count
    {
        get => _count;
        set => _count = value;
    }

    /// <summary>Whether all of them, and there are some, take requests with <see cref="Pomegranate.Http.ConnectionFacts"/>.</summary>
    public bool TakeFacts
    {
        get => _takeFacts;
        set => _takeFacts = value;
    }

    /// <summary>How long the heads of requests may be that they take: of each limit the largest that one of them has.</summary>
    public RequestHeadLimits HeadLimits
    {
        get => _headLimits;
        set
        {
            if (_headLimits != value)
            {
                _headLimits = value;
                OnHeadLimits?.Invoke(value);
            }
        }
    }

    /// <summary>Told when they have changed; set once.</summary>
    public Action<RequestHeadLimits>? OnHeadLimits { get; set; }

    /// <summary>Counts the requests that wait for their answer; set once.</summary>
    public Func<int>? CountPending { get; set; }

    /// <summary>Requests that wait for their answer.</summary>
    public int Pending => CountPending?.Invoke() ?? 0;
}
