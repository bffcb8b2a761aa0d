namespace Portal.Endpoints;

/// <summary><c>GET /read</c>: reads one session attribute of 1 KB, made on first use.</summary>
internal static class ReadEndpoint
{
    private const string Attribute = "kb";
    private static readonly string Kilobyte = new('x', 1024);

    public static void MapRead(this IEndpointRouteBuilder routes) => routes.MapGet("/read", (HttpContext context) =>
    {
        var text = context.Session.GetString(Attribute);
        if (text is null)
        {
            text = Kilobyte;
            context.Session.SetString(Attribute, text);
        }

        return text;
    });
}
