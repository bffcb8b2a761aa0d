using Microsoft.Extensions.Primitives;

namespace Pomegranate.Http;

/// <summary>An HTTP response as the app wrote it.</summary>
internal sealed record WebResponse
{
    public required int StatusCode { get; init; }

    public string? ReasonPhrase { get; init; }

    public required KeyValuePair<string, StringValues>[] Headers { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public KeyValuePair<string, StringValues>[] Trailers { get; init; } = [];
}
