namespace Pomegranate.Backend.Server;

/// <summary>The app wrote a longer body than one response may have.</summary>
internal sealed class ResponseTooLargeException(long written, long limit) : Exception(
    $"The response body has at least {written} bytes; a response through the cluster may have {limit}. "
    + $"Raise {nameof(PomegranateServerOptions)}.{nameof(PomegranateServerOptions.MaxResponseBytes)}, or send the content in parts or from elsewhere.")
{
    public long Written { get; } = written;

    public long Limit { get; } = limit;
}
