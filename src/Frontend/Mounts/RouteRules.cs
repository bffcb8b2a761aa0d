using Pomegranate.Clustering;
using Yarp.ReverseProxy.Configuration;

namespace Pomegranate.Frontend.Mounts;

/// <summary>What a route must be beyond what YARP checks itself.</summary>
internal static class RouteRules
{
    public static void Check(RouteConfig route, IEnumerable<string> apps, ICollection<string> clusters, ICollection<string> errors)
    {
        var path = $"{MountPlan.RouteSection}:{route.RouteId}";
        if (route.ClusterId is null)
        {
            errors.Add($"{path}:ClusterId is missing but must name an app, for example '{AppName.Default}'.");
        }
        else if (!apps.Contains(route.ClusterId, StringComparer.OrdinalIgnoreCase) && !clusters.Contains(route.ClusterId, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add(
                $"{path}:ClusterId is '{route.ClusterId}' but must name an app; known are {string.Join(", ", apps.Concat(clusters))}. "
                + $"Correct it, or make the app known with a section {AppSettings.Section}:{route.ClusterId}.");
        }
        else if (clusters.Contains(route.ClusterId, StringComparer.OrdinalIgnoreCase) && route.Transforms?.Any(PathBaseTransform.Is) == true)
        {
            errors.Add($"{path}:Transforms has {PathBaseTransform.Key} but '{route.ClusterId}' is no app of this cluster. Use PathRemovePrefix there.");
        }

        if (route.MaxRequestBodySize < -1)
        {
            errors.Add($"{path}:MaxRequestBodySize is '{route.MaxRequestBodySize}' but must be a number of bytes, or -1 for no limit.");
        }

        foreach (var (key, policy) in Policies(route))
        {
            if (policy is not null)
            {
                errors.Add(
                    $"{path}:{key} is '{policy}' but a frontend has no policies by name: they are code. "
                    + $"Leave it out; limits of a route are Timeout and MaxRequestBodySize, limits of an app are in {AppSettings.Section}:NAME.");
            }
        }
    }

    /// <summary>Two routes that match alike would answer every request of both with 500.</summary>
    public static void CheckAmbiguity(IEnumerable<RouteConfig> routes, ICollection<string> errors)
    {
        var alike = routes
            .Where(route => route.Match is { Headers: null, QueryParameters: null, Methods: null })
            .GroupBy(route => (
                route.Order ?? 0,
                route.Match.Path?.Trim('/').ToLowerInvariant() ?? "",
                string.Join(",", (route.Match.Hosts ?? []).Order(StringComparer.OrdinalIgnoreCase)).ToLowerInvariant()))
            .Where(group => group.Count() > 1);
        foreach (var group in alike)
        {
            errors.Add(
                $"The routes {string.Join(", ", group.Select(route => $"'{route.RouteId}'"))} match the same requests. Leave all but one out, or give them different Order.");
        }
    }

    private static IEnumerable<(string Key, string? Policy)> Policies(RouteConfig route) =>
    [
        (nameof(route.AuthorizationPolicy), route.AuthorizationPolicy),
        (nameof(route.CorsPolicy), route.CorsPolicy),
        (nameof(route.OutputCachePolicy), route.OutputCachePolicy),
        (nameof(route.RateLimiterPolicy), route.RateLimiterPolicy),
        (nameof(route.TimeoutPolicy), route.TimeoutPolicy),
    ];
}
