using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The request's trailers: known once the body is read, and none, as frontends forward none.</summary>
internal sealed class RequestTrailersFeature(Func<bool> hasEnded) : IHttpRequestTrailersFeature
{
    private HeaderDictionary? _trailers;

    public bool Available => hasEnded();

    public IHeaderDictionary Trailers => _trailers ??= [];
}
