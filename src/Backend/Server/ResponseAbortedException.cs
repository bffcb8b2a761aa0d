namespace Pomegranate.Backend.Server;

/// <summary>Who ended a request without a whole response.</summary>
internal enum AbortReason
{
    /// <summary>The app called <c>HttpContext.Abort()</c>.</summary>
    Application,

    /// <summary>The app failed after its response had started, so the status can no longer say so.</summary>
    Failure,

    /// <summary>The client left.</summary>
    ClientGone,

    /// <summary>The server's shutdown timeout passed.</summary>
    ServerStopping,
}

/// <summary>A request ended without a whole response: the client must see its connection cut, not a short body.</summary>
internal sealed class ResponseAbortedException(AbortReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public AbortReason Reason { get; } = reason;

    /// <summary>What the app has reset an HTTP/2 or HTTP/3 stream with; null where it has not.</summary>
    public int? ResetCode { get; init; }
}
