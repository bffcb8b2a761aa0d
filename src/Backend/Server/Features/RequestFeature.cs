using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>The request line and headers. All settable, as middleware rewrites them.</summary>
internal sealed class RequestFeature(WebRequest request, RequestTarget target, Stream body) : IHttpRequestFeature
{
    public string Protocol { get; set; } = request.Protocol;

    public string Scheme { get; set; } = request.Scheme;

    public string Method { get; set; } = request.Method;

    public string PathBase { get; set; } = "";

    public string Path { get; set; } = target.Path;

    public string QueryString { get; set; } = target.QueryString;

    public string RawTarget { get; set; } = request.RawTarget;

    public IHeaderDictionary Headers { get; set; } = ToDictionary(request);

    public Stream Body { get; set; } = body;

    private static HeaderDictionary ToDictionary(WebRequest request)
    {
        var headers = new HeaderDictionary(request.Headers.Length);
        foreach (var (name, values) in request.Headers)
        {
            // A sender may repeat a name instead of listing its values together.
            headers.Append(name, values);
        }

        return headers;
    }
}
