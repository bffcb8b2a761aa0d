using Microsoft.AspNetCore.Http;

namespace Pomegranate.Management;

/// <summary>Reads the one form field that a request to <c>/cluster/members</c> carries.</summary>
internal static class MemberForm
{
    public const string Address = "address";

    public const string Operation = "operation";

    /// <exception cref="RefusedException">The body is no form or lacks the field.</exception>
    public static async Task<string> ReadAsync(HttpContext context, string field)
    {
        if (!context.Request.HasFormContentType)
        {
            throw new RefusedException(
                StatusCodes.Status400BadRequest,
                $"The content type is '{context.Request.ContentType}', but the request must be a form (application/x-www-form-urlencoded) with the field '{field}'.");
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        return form[field] is [{ Length: > 0 } value]
            ? value
            : throw new RefusedException(
                StatusCodes.Status400BadRequest,
                $"The form has the field '{field}' {form[field].Count} times or empty, but must have it once with a value.");
    }

    public static RefusedException Unknown(string operation, string allowed) => new(
        StatusCodes.Status400BadRequest,
        $"The operation is '{operation}', but must be {allowed} here.");
}
