using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Overload;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// Refuses what this frontend cannot take (503), before anything else is done for it. Not
/// <c>app.UseRateLimiter()</c>, which counts a request until its end: a WebSocket or a live feed would hold its permit
/// for hours. The limiter is the same.
/// </summary>
internal sealed class AdmissionMiddleware(RequestDelegate next, Admission admission, IOptions<GatewayOptions> options)
{
    private readonly string _retryAfter = $"{Math.Ceiling(options.Value.RetryAfter.TotalSeconds):0}";

    public async Task InvokeAsync(HttpContext context)
    {
        AdmissionResult result;
        try
        {
            result = await admission.EnterAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left; there is nobody to answer.
            return;
        }

        if (result.Lease is not { } lease)
        {
            await RefuseAsync(context.Response, result.Refusal!);
            return;
        }

        using (lease)
        {
            context.Response.OnStarting(static lease =>
            {
                ((RateLimitLease)lease).Dispose();
                return Task.CompletedTask;
            }, lease);
            await next(context);
        }
    }

    private Task RefuseAsync(HttpResponse response, string reason)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = _retryAfter;
        response.Headers.CacheControl = "no-store";
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(reason + "\n");
    }
}
