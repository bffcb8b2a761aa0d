namespace Portal.Endpoints;

/// <summary>
/// <c>GET /stats</c>: the live heap after a full collection, for measuring what a session costs. It stops the
/// process while it collects: a real app would not offer it to strangers.
/// </summary>
internal static class StatsEndpoint
{
    public static void MapStats(this IEndpointRouteBuilder routes) => routes.MapGet("/stats", (HttpContext context) =>
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Results.Json(new { node = AnsweringNode.NameOf(context), heapUsed = GC.GetTotalMemory(forceFullCollection: true) });
    });
}
