using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The request's trailers: known at once, as the body arrived whole, and none, as frontends forward none.</summary>
internal sealed class RequestTrailersFeature : IHttpRequestTrailersFeature
{
    private HeaderDictionary? _trailers;

    public bool Available => true;

    public IHeaderDictionary Trailers => _trailers ??= [];
}
