using System.Text.Json;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Pomegranate.Frontend.Mounts;

/// <summary>The routes as configured, made into routes and clusters for YARP: each app that a route names is a cluster.</summary>
/// <param name="Apps">What holds for the apps that routes name.</param>
internal sealed record MountPlan(
    IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters, IReadOnlyDictionary<string, GatewayOptions> Apps)
{
    public const string RouteSection = "ReverseProxy:Routes";

    /// <summary>In the metadata of an app's cluster: what holds for it, as text, so that a change of it is a change to YARP.</summary>
    public const string SettingsKey = "Pomegranate.Settings";

    /// <summary>Where no route is configured: everything goes to the backends that name no app.</summary>
    private static readonly RouteConfig CatchAll = new()
    {
        RouteId = AppName.Default,
        ClusterId = AppName.Default,
        Match = new RouteMatch { Path = "/{**path}" },
    };

    /// <summary>The session's home is found by the cluster's membership: the address is only what YARP insists on.</summary>
    private static readonly Dictionary<string, DestinationConfig> Destination = new() { ["home"] = new() { Address = "http://pomegranate" } };

    /// <summary>A live feed may be silent for long; the gateway has a time limit for answers, and Kestrel has rates for bodies.</summary>
    private static readonly ForwarderRequestConfig NoSilenceLimit = new() { ActivityTimeout = Timeout.InfiniteTimeSpan };

    /// <summary>Whether the cluster is an app's.</summary>
    public static bool IsApp(ClusterConfig? cluster) => cluster?.Metadata?.ContainsKey(SettingsKey) == true;

    /// <param name="errors">What is wrong, "key, value, rule" and remedy, is added here.</param>
    public static MountPlan Make(IProxyConfig configured, IConfiguration configuration, ICollection<string> errors)
    {
        var apps = AppSettings.Read(configuration, errors);
        var plain = configured.Clusters.Where(cluster => cluster.Destinations?.Count > 0).ToDictionary(cluster => cluster.ClusterId, StringComparer.OrdinalIgnoreCase);
        foreach (var cluster in configured.Clusters)
        {
            CheckCluster(cluster, apps, errors);
        }

        IReadOnlyList<RouteConfig> routes = configured.Routes.Count > 0 ? configured.Routes : [CatchAll];
        foreach (var route in routes)
        {
            RouteRules.Check(route, apps.Keys, plain.Keys, errors);
        }

        RouteRules.CheckAmbiguity(routes, errors);
        var mounted = apps.Where(app => routes.Any(route => string.Equals(route.ClusterId, app.Key, StringComparison.OrdinalIgnoreCase))).ToDictionary();
        return new MountPlan(
            [.. routes.Select(route => WithLimit(route, apps))],
            [.. plain.Values, .. mounted.Select(app => ClusterOf(app.Key, app.Value))],
            mounted);
    }

    /// <summary>One line for the log.</summary>
    public override string ToString() => string.Join(", ", Routes
        .OrderBy(route => route.Order ?? 0)
        .Select(route => $"{string.Join("|", route.Match.Hosts ?? [])}{route.Match.Path ?? "/**"} -> {route.ClusterId}"));

    private static void CheckCluster(ClusterConfig cluster, IReadOnlyDictionary<string, GatewayOptions> apps, ICollection<string> errors)
    {
        if (cluster.Destinations is not { Count: > 0 })
        {
            errors.Add(
                $"ReverseProxy:Clusters:{cluster.ClusterId} has no Destinations, which only servers outside this cluster need and have. "
                + $"Leave it out for an app, whose options are in {AppSettings.Section}:{cluster.ClusterId}.");
        }
        else if (apps.ContainsKey(cluster.ClusterId))
        {
            errors.Add($"ReverseProxy:Clusters:{cluster.ClusterId} has the name of an app ({AppSettings.Section}). Rename one of the two.");
        }
    }

    private static ClusterConfig ClusterOf(string app, GatewayOptions options) => new()
    {
        ClusterId = app,
        Destinations = Destination,
        HttpRequest = NoSilenceLimit,
        Metadata = new Dictionary<string, string> { [SettingsKey] = JsonSerializer.Serialize(options) },
    };

    private static RouteConfig WithLimit(RouteConfig route, IReadOnlyDictionary<string, GatewayOptions> apps) =>
        route.MaxRequestBodySize is null && route.ClusterId is { } app && apps.GetValueOrDefault(app)?.MaxRequestBodyBytes is { } bytes
            ? route with { MaxRequestBodySize = bytes }
            : route;
}
