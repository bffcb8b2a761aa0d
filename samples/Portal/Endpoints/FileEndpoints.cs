using System.Security.Cryptography;

namespace Portal.Endpoints;

/// <summary>Bodies of any size: <c>POST /upload</c> answers the length and hash of what it was sent, <c>GET /download?size=N</c> sends N bytes.</summary>
internal static class FileEndpoints
{
    private const int Piece = 64 * 1024;

    public static void MapFiles(this WebApplication app)
    {
        app.MapPost("/upload", (Delegate)UploadAsync).DisableAntiforgery();
        app.MapGet("/download", DownloadAsync);
    }

    private static async Task<IResult> UploadAsync(HttpContext context)
    {
        // As large as the person likes: by default it is 30 MB.
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        var buffer = new byte[Piece];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0; length += read)
        {
            hash.AppendData(buffer, 0, read);
        }

        return Results.Json(new { length, sha256 = Convert.ToHexString(hash.GetHashAndReset()), node = AnsweringNode.NameOf(context) });
    }

    private static async Task DownloadAsync(HttpContext context, long size)
    {
        if (size < 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = size;
        var piece = new byte[Piece];
        for (var left = size; left > 0; left -= Piece)
        {
            await context.Response.Body.WriteAsync(piece.AsMemory(0, (int)Math.Min(left, Piece)), context.RequestAborted);
        }
    }
}
