using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Pomegranate.Backend.Server;

/// <summary>Which statuses and methods allow a body and a Content-Length: Kestrel's rules.</summary>
internal static class ResponseFraming
{
    /// <summary>Writes are dropped (HEAD) or refused (the statuses) where this is false.</summary>
    public static bool AllowsBody(string method, int status)
        => !HttpMethods.IsHead(method)
            && status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);

    /// <summary>RFC 9110 section 8.6: never on 1xx and 204, nor on a successful CONNECT.</summary>
    public static bool AllowsContentLength(string method, int status)
        => status is not (>= 100 and < 200) and not StatusCodes.Status204NoContent
            && !(HttpMethods.IsConnect(method) && status is >= 200 and < 300);

    /// <summary>Whether the server may name a length by itself: for HEAD and 304 it would have to know another response's.</summary>
    public static bool MayAddContentLength(string method, int status)
        => AllowsContentLength(method, status) && !HttpMethods.IsHead(method) && status != StatusCodes.Status304NotModified;

    /// <summary>Checks what the app set, just before it becomes final; drops a length of 0 where none is allowed.</summary>
    /// <returns>What the app did wrong, or null.</returns>
    public static InvalidOperationException? Check(string method, int status, ResponseHeaders headers)
    {
        if (headers.HasTransferEncoding && !AllowsBody(method, status))
        {
            return NotAllowed(HeaderNames.TransferEncoding, status);
        }

        if (headers.ContentLength is not { } length)
        {
            return null;
        }

        if (!AllowsContentLength(method, status))
        {
            if (length != 0)
            {
                return NotAllowed(HeaderNames.ContentLength, status);
            }

            headers.ContentLength = null;
        }
        else if (status == StatusCodes.Status205ResetContent && length != 0)
        {
            return new InvalidOperationException("Responses with status code 205 cannot have a non-zero Content-Length value.");
        }

        return null;
    }

    private static InvalidOperationException NotAllowed(string header, int status)
        => new($"Setting the header {header} is not allowed on responses with status code {status}.");
}
