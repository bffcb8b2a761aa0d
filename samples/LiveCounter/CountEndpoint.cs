namespace LiveCounter;

/// <summary>
/// <c>POST /count</c>: adds one to the session's count and answers it. The page's circuit cannot do that itself: it
/// lives on a WebSocket, and a session changes only with a response that has not started.
/// </summary>
internal static class CountEndpoint
{
    private const string Attribute = "count";

    public static void MapCount(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/count", (HttpContext context) => Add(context.Session, 1));

    /// <summary>Adds to the count and answers the new one; adding nothing makes the session exist.</summary>
    public static int Add(ISession session, int number)
    {
        var count = (session.GetInt32(Attribute) ?? 0) + number;
        session.SetInt32(Attribute, count);
        return count;
    }
}
