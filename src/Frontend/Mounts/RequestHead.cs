using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Clustering;

namespace Pomegranate.Frontend.Mounts;

/// <summary>How long a request's head is, counted as Kestrel counts.</summary>
internal static class RequestHead
{
    /// <summary>A header's colon, blank and line break; over HTTP/2 RFC 9113 has another number (section 6.5.2).</summary>
    private const int HeaderOverhead = 4;
    private const int Http2HeaderOverhead = 32;

    /// <returns>The status for a head that is too long, and what of it is; null where it is not.</returns>
    public static (int Status, string What)? TooLong(HttpContext context, RequestHeadLimits limits)
    {
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (request.Method.Length + target.Length + request.Protocol.Length + HeaderOverhead > limits.Line)
        {
            return (StatusCodes.Status414UriTooLong, $"The request line is longer than the {limits.Line} bytes that the app takes (its Kestrel's MaxRequestLineSize).");
        }

        var overhead = HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol) ? HeaderOverhead : Http2HeaderOverhead;
        var (count, bytes) = (0, 0L);
        foreach (var (name, values) in request.Headers)
        {
            count += values.Count;
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + overhead;
            }
        }

        if (bytes > limits.Total)
        {
            return (StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The request's headers are longer than the {limits.Total} bytes that the app takes (its Kestrel's MaxRequestHeadersTotalSize).");
        }

        return count > limits.Count
            ? (StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The request has more headers than the {limits.Count} that the app takes (its Kestrel's MaxRequestHeaderCount).")
            : null;
    }
}
