using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Overload;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// Refuses what this frontend cannot take (503), before anything else is done for it. Not
/// <c>app.UseRateLimiter()</c>, which counts a request until its end: a WebSocket or a live feed would hold its permit
/// for hours. The limiter is the same.
/// </summary>
internal sealed class AdmissionMiddleware(RequestDelegate next, Admission admission, OwnAnswers own, IOptions<GatewayOptions> options)
{
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
            await own.WriteAsync(context, new OwnAnswer(StatusCodes.Status503ServiceUnavailable, result.Refusal!, options.Value.RetryAfter));
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
}
