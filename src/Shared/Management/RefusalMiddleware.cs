using Akka.Actor;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Management;

/// <summary>Turns what goes wrong in a route into a status code and a JSON body that says so.</summary>
internal static class RefusalMiddleware
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // What a node says is true now only.
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await next(context);
        }
        catch (RefusedException refused)
        {
            await WriteAsync(context, refused.Status, refused.Message);
        }
        catch (BadHttpRequestException bad)
        {
            await WriteAsync(context, bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The body is longer than {ManagementEndpoint.MaxBodyBytes} bytes, the most this endpoint reads. Send only the form fields named in its documentation."
                : bad.Message);
        }
        catch (InvalidDataException bad)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, $"The form cannot be read: {bad.Message}");
        }
        catch (AskTimeoutException)
        {
            await WriteAsync(
                context, StatusCodes.Status504GatewayTimeout,
                $"The cluster did not answer in time. A node may just have left: ask again.");
        }

        if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed })
        {
            await WriteAsync(
                context, context.Response.StatusCode,
                $"{context.Request.Method} {context.Request.Path} is not a route of this endpoint. GET / lists them.");
        }
    }

    private static Task WriteAsync(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ErrorBody(message), context.RequestAborted);
    }

    private sealed record ErrorBody(string Error);
}
