using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Http;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Pomegranate.Frontend.Mounts;

/// <summary>What every route does to a request, after the transforms of its own: forwarded headers, and what our transport needs.</summary>
internal sealed class AppTransforms : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        // A route that has chosen its own way with these headers has switched the default off.
        if (context.UseDefaultForwarders ?? true)
        {
            // Replaces what the client sent of these: it is not to be believed.
            context.AddXForwarded(ForwardedTransformActions.Set);
            context.SetForwardedHeader();
        }

        if (!MountPlan.IsApp(context.Cluster))
        {
            return;
        }

        var hasTransforms = context.Route.Transforms?.Count > 0;
        context.AddRequestTransform(transform =>
        {
            transform.ProxyRequest.Options.Set(ClusterHandler.ClientRequest, transform.HttpContext);
            if (hasTransforms && ChangedTarget(transform) is { } target)
            {
                transform.ProxyRequest.Options.Set(ClusterHandler.Target, target);
            }

            return default;
        });
    }

    /// <summary>The target that the route's transforms have made; null where it is the client's.</summary>
    private static string? ChangedTarget(RequestTransformContext transform)
    {
        var client = transform.HttpContext.Request;
        var hasSamePath = string.Equals(transform.Path.Value, client.Path.Value, StringComparison.Ordinal);
        var hasSameQuery = transform.Query.QueryString == client.QueryString;
        if (hasSamePath && hasSameQuery)
        {
            return null;
        }

        var raw = transform.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var question = raw.IndexOf('?', StringComparison.Ordinal);
        var rawPath = question < 0 ? raw : raw[..question];
        var path = hasSamePath ? rawPath : TailOf(rawPath, client.Path.Value!, transform.Path.Value!) ?? transform.Path.ToUriComponent();
        return $"{(path.Length == 0 ? "/" : path)}{(hasSameQuery ? (question < 0 ? "" : raw[question..]) : transform.Query.QueryString.ToUriComponent())}";
    }

    /// <summary>Where only the beginning was taken away, the rest stays just as the client wrote it; null elsewhere.</summary>
    private static string? TailOf(string rawPath, string path, string changed)
    {
        if (!path.EndsWith(changed, StringComparison.Ordinal))
        {
            return null;
        }

        var prefix = path[..^changed.Length];
        return rawPath.StartsWith(prefix, StringComparison.Ordinal) ? rawPath[prefix.Length..] : null;
    }
}
