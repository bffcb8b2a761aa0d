using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Management;

/// <summary>All routes of the endpoint. <c>GET /</c> lists them.</summary>
internal static class ManagementRoutes
{
    public static void Map(IEndpointRouteBuilder app, ManagedNode node, ILogger log)
    {
        // Probes and scrapes would otherwise be counted among the app's requests.
        var routes = app.MapGroup("");
        routes.DisableHttpMetrics();

        routes.MapGet("/", (EndpointDataSource source) => Results.Json(new { node = node.Name, routes = Describe(source) }));
        routes.MapPrometheusScrapingEndpoint("/metrics");
        HealthRoutes.Map(routes, node);
        MemberRoutes.Map(routes, node, log);
        StatusRoutes.Map(routes, node);
        ShardRoutes.Map(routes, node);
        SessionRoutes.Map(routes, node);
        ActorRoutes.Map(routes, node);
    }

    private static IEnumerable<string> Describe(EndpointDataSource source) => source.Endpoints
        .OfType<RouteEndpoint>()
        .Select(endpoint => $"{string.Join('|', endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])} {endpoint.RoutePattern.RawText}")
        .Order(StringComparer.Ordinal);
}
