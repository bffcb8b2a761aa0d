using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// Adds to ASP.NET Core's compression, which is made for an app's own responses, what RFC 9110 asks of one who compresses
/// another's. What has a <c>Content-Encoding</c> or is a range is left alone by ASP.NET Core already.
/// </summary>
internal sealed class ProxyCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    /// <summary>Called once for each response, with its headers complete and not yet sent.</summary>
    public override bool ShouldCompressResponse(HttpContext context)
    {
        var response = context.Response;

        // Section 7.7: "no-transform" forbids it. It is also how an app keeps a secret's page out of BREACH's reach.
        if (response.GetTypedHeaders().CacheControl is { NoTransform: true } || !base.ShouldCompressResponse(context))
        {
            return false;
        }

        // Section 8.8.3.3: a strong tag is of one encoding's bytes. A client with half of the compressed ones would
        // otherwise get the other half from the plain ones.
        if (response.Headers.ETag is [['"', ..] tag] && GetCompressionProvider(context) is not null)
        {
            response.Headers.ETag = $"W/{tag}";
        }

        return true;
    }
}
