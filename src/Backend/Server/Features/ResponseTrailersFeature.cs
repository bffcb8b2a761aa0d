using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The response's trailers. Set only for HTTP/2 and above: under Kestrel, HTTP/1.1 has none.</summary>
internal sealed class ResponseTrailersFeature : IHttpResponseTrailersFeature
{
    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();
}
