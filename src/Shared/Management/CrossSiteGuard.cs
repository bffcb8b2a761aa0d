using System.Net;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Management;

/// <summary>
/// Keeps web pages away from an endpoint that can down nodes and asks for no password: the browser of someone who can
/// reach it is not someone who may use it.
/// </summary>
/// <remarks>
/// A page can post a form to any address without asking (no preflight), but its browser then sends <c>Origin</c> or
/// <c>Sec-Fetch-Site</c>. A page whose name was re-bound to the loopback address is of the same origin and sends
/// neither on a GET, but it cannot hide the name: it is in <c>Host</c>.
/// </remarks>
internal sealed class CrossSiteGuard(bool isLoopback)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        if (headers.Origin.Count > 0)
        {
            throw Forbidden($"The request has the header Origin '{headers.Origin}', so a web page sent it");
        }

        if (headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "none" && site != "same-origin")
        {
            throw Forbidden($"The request has the header Sec-Fetch-Site '{site}', so a web page of another site sent it");
        }

        if (isLoopback && !IsLoopback(context.Request.Host.Host))
        {
            throw Forbidden(
                $"The request is for host '{context.Request.Host}', but this endpoint listens on the loopback address only and answers to 127.0.0.1, [::1] and localhost");
        }

        return next(context);
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static RefusedException Forbidden(string reason) => new(
        StatusCodes.Status403Forbidden,
        $"{reason}. Use pbm or another program that is not a web page.");
}
