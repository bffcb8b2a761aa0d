namespace Chat;

/// <summary><c>GET</c> and <c>POST /me</c>: who the session's person is. The hub reads the same attribute.</summary>
internal static class PersonEndpoint
{
    /// <summary>The name's session attribute.</summary>
    public const string Attribute = "name";

    private const int LongestName = 30;

    public static void MapPerson(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/me", (HttpContext context) => Results.Json(new { name = context.Session.GetString(Attribute) }));

        // It also makes the session exist. From then on every request of this browser goes to the session's home:
        // SignalR's negotiation and its connection must meet on one node.
        routes.MapPost("/me", (Person person, HttpContext context) =>
        {
            var name = person.Name.Trim();
            if (name.Length is 0 or > LongestName)
            {
                return Results.BadRequest($"A name has 1 to {LongestName} characters.");
            }

            context.Session.SetString(Attribute, name);
            return Results.Json(new { name });
        });
    }

    private sealed record Person(string Name);
}
