namespace Portal.Endpoints;

/// <summary>
/// <c>GET</c> and <c>POST /counter</c>: adds one to the session's counter. Deliberately the read-modify-write that
/// every tutorial shows, with nothing done about parallel requests: none of them may be lost all the same.
/// </summary>
internal static class CounterEndpoint
{
    /// <summary>The counter's session attribute; the counting page uses it too.</summary>
    public const string Attribute = "n";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Post];

    public static void MapCounter(this IEndpointRouteBuilder routes) => routes.MapMethods("/counter", Methods, (HttpContext context) =>
        Results.Json(new { n = Increment(context.Session), node = AnsweringNode.NameOf(context) }));

    /// <summary>Adds one and answers the new value.</summary>
    public static int Increment(ISession session)
    {
        var n = (session.GetInt32(Attribute) ?? 0) + 1;
        session.SetInt32(Attribute, n);
        return n;
    }
}
