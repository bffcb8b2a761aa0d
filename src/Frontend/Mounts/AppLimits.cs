using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Gateway;
using Yarp.ReverseProxy.Forwarder;

namespace Pomegranate.Frontend.Mounts;

/// <summary>Holds an app to <see cref="GatewayOptions.MaxAppRequests"/>, and words the end of a route's <c>Timeout</c>.</summary>
internal sealed class AppLimits(RequestDelegate next, AppGateways gateways, AppHeadLimits heads, OwnAnswers own)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var gateway = gateways.Find(context.GetReverseProxyFeature().Cluster.Config.ClusterId);
        if (gateway is not null && TooLong(context, gateway.HeadLimits) is { } tooLong)
        {
            await own.WriteAsync(context, new OwnAnswer(tooLong.Status, tooLong.What));
            return;
        }

        var most = gateway?.Options.MaxAppRequests ?? int.MaxValue;
        if (gateway is not null && !gateway.TryEnter(most))
        {
            await own.WriteAsync(context, new OwnAnswer(
                StatusCodes.Status503ServiceUnavailable,
                $"This frontend has {most} requests of the app in progress and takes no more "
                + $"({AppSettings.Named(gateway.App, nameof(GatewayOptions.MaxAppRequests))}). Try again in a moment.",
                gateway.Options.RetryAfter));
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

        if (context.Response.HasStarted)
        {
            return;
        }

        // YARP takes the end of the time for a client that went away.
        if (context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true })
        {
            await own.WriteAsync(context, new OwnAnswer(
                StatusCodes.Status504GatewayTimeout,
                $"The request has not ended within the time of its route ({MountPlan.RouteSection}:{context.GetReverseProxyFeature().Route.Config.RouteId}:Timeout)."));
        }
        else if (context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge && context.Features.Get<IForwarderErrorFeature>() is not null)
        {
            await own.WriteAsync(context, new OwnAnswer(
                StatusCodes.Status413PayloadTooLarge,
                "The request's body is longer than this site takes "
                + $"({(gateway is null ? GatewayOptions.Section : AppSettings.Named(gateway.App, nameof(GatewayOptions.MaxRequestBodyBytes)))}, or MaxRequestBodySize of its route)."));
        }
    }

    /// <summary>Kestrel itself has looked where it lets in no more than the app.</summary>
    private (int Status, string What)? TooLong(HttpContext context, RequestHeadLimits limits) =>
        heads.Current.Within(limits) == heads.Current ? null : RequestHead.TooLong(context, limits);
}
