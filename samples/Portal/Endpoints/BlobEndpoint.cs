using System.Security.Cryptography;

namespace Portal.Endpoints;

/// <summary><c>POST /blob?size=N</c>: stores N random bytes in the session, so that nothing can compress them away.</summary>
internal static class BlobEndpoint
{
    private const int DefaultSize = 1024;
    private const int LargestSize = 1_000_000;

    public static void MapBlob(this IEndpointRouteBuilder routes) => routes.MapPost("/blob", (HttpContext context, int size = DefaultSize) =>
    {
        if (size is < 1 or > LargestSize)
        {
            return Results.Problem($"size is {size} but must be between 1 and {LargestSize}.", statusCode: StatusCodes.Status400BadRequest);
        }

        context.Session.Set("blob", RandomNumberGenerator.GetBytes(size));
        return Results.Text("ok");
    });
}
