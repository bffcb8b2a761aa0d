using System.Net;
using Microsoft.Extensions.Primitives;

namespace Pomegranate.Http;

/// <summary>An HTTP request as a frontend received it and as a backend's server gives it to the app.</summary>
internal sealed record WebRequest
{
    public required string Method { get; init; }

    /// <summary>"http" or "https", as the client used it.</summary>
    public required string Scheme { get; init; }

    /// <summary>The request target exactly as sent: path, percent-escapes and query untouched.</summary>
    public required string RawTarget { get; init; }

    /// <summary>The beginning of the path under which the app is mounted: its <c>PathBase</c>. Empty for none.</summary>
    public string PathBase { get; init; } = "";

    /// <summary>The client's protocol: "HTTP/1.1", "HTTP/2".</summary>
    public required string Protocol { get; init; }

    /// <summary>Headers in order, hop-by-hop ones already removed; the host is the <c>Host</c> header.</summary>
    public required KeyValuePair<string, StringValues>[] Headers { get; init; }

    /// <summary>The whole body, unless <see cref="IsBodyStreamed"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body does not fit a message: it comes on the request's stream when the app reads it.</summary>
    public bool IsBodyStreamed { get; init; }

    /// <summary>Whether the client announced a body, even one of no bytes.</summary>
    public bool HasBody { get; init; }

    public IPEndPoint? Client { get; init; }

    public IPEndPoint? Local { get; init; }

    /// <summary>What more the frontend tells; null from a frontend, or for a backend, of an earlier wire revision.</summary>
    public ConnectionFacts? Facts { get; init; }

    /// <summary>The frontend's identifier of the request, for both sides' logs.</summary>
    public required string TraceIdentifier { get; init; }
}
