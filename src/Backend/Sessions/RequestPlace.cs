namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A running request's place among <see cref="ClusterSessionOptions.MaxConcurrentRequests"/>. The limit bounds the threads that
/// wait for a session; so a request has no place that does not use the session, or has got what it wanted of it.
/// </summary>
/// <param name="isSafe">Whether it is one of the safe requests'.</param>
internal sealed class RequestPlace(bool isSafe)
{
    /// <summary>For so long a request may not have come to its first use.</summary>
    public static readonly TimeSpan Undecided = TimeSpan.FromMilliseconds(20);

    private volatile RequestSession? _session;

    /// <summary>Of the run that is under way; null before there is one.</summary>
    public RequestSession? Session
    {
        get => _session;
        set => _session = value;
    }

    public bool IsSafe { get; } = isSafe;

    /// <summary>Whether the request waits to store what it has changed beside another: it has no place, but it waits.</summary>
    public bool IsStoring => Session is { IsStoring: true };

    public bool IsTaken => Session is not { } session || session.TakesPlace;
}
