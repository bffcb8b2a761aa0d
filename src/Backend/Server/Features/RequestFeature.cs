using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>The request line and headers. All settable, as middleware rewrites them.</summary>
internal sealed class RequestFeature : IHttpRequestFeature
{
    public RequestFeature(WebRequest request, RequestTarget target, Stream body)
    {
        (PathBase, Path) = target.PartAt(request.PathBase);
        if (request.Facts is { Prefix.Length: > 0 } facts)
        {
            PathBase = facts.Prefix + PathBase;
        }

        Protocol = request.Protocol;
        Scheme = request.Scheme;
        Method = request.Method;
        QueryString = target.QueryString;
        RawTarget = request.RawTarget;
        Headers = ToDictionary(request);
        Body = body;
    }

    public string Protocol { get; set; }

    public string Scheme { get; set; }

    public string Method { get; set; }

    public string PathBase { get; set; }

    public string Path { get; set; }

    public string QueryString { get; set; }

    public string RawTarget { get; set; }

    public IHeaderDictionary Headers { get; set; }

    public Stream Body { get; set; }

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
