using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Pomegranate.Frontend.Gateway;
using Yarp.ReverseProxy.Configuration;

namespace Pomegranate.Frontend.Mounts;

/// <summary>
/// The routes that YARP serves: those it reads from the configuration itself, with the apps as their clusters. What is
/// wrong refuses the start; in a change it is logged, and the routes stay as they were.
/// </summary>
internal sealed partial class MountConfig(
    IProxyConfigProvider configured, IConfiguration configuration, IConfigValidator validator, ILogger<MountConfig> logger)
    : IProxyConfigProvider, IDisposable
{
    private MountPlan? _plan;
    private bool _hasRoutes;

    /// <summary>What holds for the apps that routes name.</summary>
    public IReadOnlyDictionary<string, GatewayOptions> Apps => _plan?.Apps ?? throw new InvalidOperationException("The routes have not been read yet.");

    /// <exception cref="OptionsValidationException">At the start, what is configured is wrong; it says all that is.</exception>
    public IProxyConfig GetConfig()
    {
        var read = configured.GetConfig();
        var errors = new List<string>();
        var plan = MountPlan.Make(read, configuration, errors);
        CheckByYarp(plan, errors);
        if (_hasRoutes && read.Routes.Count == 0)
        {
            // A file that is just being replaced is gone for a moment, and its apps' requests must not go to another.
            errors.Add($"{MountPlan.RouteSection} has no routes any more. To send everything to one app, say so in a route with the path /{{**path}}.");
        }

        if (errors.Count == 0)
        {
            if (_plan?.ToString() != plan.ToString())
            {
                Serving(logger, plan.ToString());
            }

            _plan = plan;
            _hasRoutes = read.Routes.Count > 0;
        }
        else if (_plan is null)
        {
            throw new OptionsValidationException(MountPlan.RouteSection, typeof(RouteConfig), errors);
        }
        else
        {
            Refused(logger, string.Join(" ", errors), _plan.ToString());
        }

        return new Snapshot(_plan.Routes, _plan.Clusters, read.ChangeToken);
    }

    public void Dispose() => (configured as IDisposable)?.Dispose();

    /// <summary>YARP checks them again when it takes them; asked before, it is part of one list, and nothing is half taken.</summary>
    private void CheckByYarp(MountPlan plan, List<string> errors)
    {
        foreach (var route in plan.Routes)
        {
            errors.AddRange(validator.ValidateRouteAsync(route).AsTask().GetAwaiter().GetResult().Select(error => $"{MountPlan.RouteSection}:{route.RouteId}: {error.Message}"));
        }

        foreach (var cluster in plan.Clusters)
        {
            errors.AddRange(validator.ValidateClusterAsync(cluster).AsTask().GetAwaiter().GetResult().Select(error => $"ReverseProxy:Clusters:{cluster.ClusterId}: {error.Message}"));
        }
    }

    [LoggerMessage(3011, LogLevel.Information, "Routes: {Routes}.")]
    private static partial void Serving(ILogger logger, string routes);

    [LoggerMessage(3012, LogLevel.Error, "The changed routes are not used: {Errors} Until that is corrected the routes stay: {Routes}.")]
    private static partial void Refused(ILogger logger, string errors, string routes);

    private sealed record Snapshot(IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters, IChangeToken ChangeToken) : IProxyConfig;
}
