using System.Globalization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Mounts;

/// <summary>Holds an app to <see cref="GatewayOptions.MaxAppRequests"/>, and words the end of a route's <c>Timeout</c>.</summary>
internal sealed class AppLimits(RequestDelegate next, AppGateways gateways)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var gateway = gateways.Find(context.GetReverseProxyFeature().Cluster.Config.ClusterId);
        var most = gateway?.Options.MaxAppRequests ?? int.MaxValue;
        if (gateway is not null && !gateway.TryEnter(most))
        {
            context.Response.Headers.RetryAfter = ((int)gateway.Options.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable,
                $"This frontend has {most} requests of the app in progress and takes no more "
                + $"({AppSettings.Named(gateway.App, nameof(GatewayOptions.MaxAppRequests))}). Try again in a moment.");
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            gateway?.Leave();
        }

        // YARP takes the end of the time for a client that went away.
        if (context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true } && !context.Response.HasStarted)
        {
            await RefuseAsync(
                context, StatusCodes.Status504GatewayTimeout,
                $"The request has not ended within the time of its route ({MountPlan.RouteSection}:{context.GetReverseProxyFeature().Route.Config.RouteId}:Timeout).");
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason + "\n");
    }
}
