namespace Pomegranate.Backend.Server;

/// <summary>A request's two names in logs, worded as Kestrel's: connection id and request id.</summary>
/// <param name="ConnectionId">The part of the trace identifier before the request's number, which is the frontend's connection.</param>
/// <param name="TraceIdentifier">As the frontend gave it.</param>
internal sealed record RequestIdentity(string ConnectionId, string TraceIdentifier)
{
    public static RequestIdentity From(string traceIdentifier)
        => new(traceIdentifier.LastIndexOf(':') is > 0 and var colon ? traceIdentifier[..colon] : traceIdentifier, traceIdentifier);
}
