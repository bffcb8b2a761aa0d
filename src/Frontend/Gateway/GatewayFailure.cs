namespace Pomegranate.Frontend.Gateway;

/// <summary>Why the frontend, not the app, answered a request.</summary>
internal enum GatewayFailure
{
    /// <summary>No backend is up: 503.</summary>
    NoBackend = 1,

    /// <summary>The request may have been delivered to a node that died, and is not safe to send again: 503.</summary>
    MayHaveRun,

    /// <summary>No new home answered by the failover deadline: 503.</summary>
    FailoverTimeout,

    /// <summary>The app did not answer by the request timeout: 504.</summary>
    RequestTimeout,

    /// <summary>The session's home refused the request, with its own status and reason.</summary>
    Refused,

    /// <summary>The session's home does not read what it is sent: 503.</summary>
    HomeIsBehind,

    /// <summary>The client sends its body more slowly than it may: 408.</summary>
    SlowBody,
}

/// <summary>The request has no answer from the app: what the client is told instead.</summary>
internal sealed class GatewayException(GatewayFailure failure, int status, string reason) : Exception(reason)
{
    public GatewayFailure Failure { get; } = failure;

    public int Status { get; } = status;
}
