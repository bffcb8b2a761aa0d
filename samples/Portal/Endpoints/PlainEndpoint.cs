namespace Portal.Endpoints;

/// <summary><c>GET /plain</c>: an answer without a session, the cheapest request there is.</summary>
internal static class PlainEndpoint
{
    public static void MapPlain(this IEndpointRouteBuilder routes) => routes.MapGet("/plain", () => "ok");
}
