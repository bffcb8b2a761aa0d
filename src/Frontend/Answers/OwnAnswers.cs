using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Pomegranate.Frontend.Gateway;
using Yarp.ReverseProxy.Model;

namespace Pomegranate.Frontend.Answers;

/// <summary>
/// Gives the answers that are this frontend's own (503, 504, 413, 408): each in the form that its client can read, a
/// browser's script of another origin included where the app allows that origin.
/// </summary>
internal sealed class OwnAnswers(AnswerForm form, AppGateways gateways)
{
    public async Task WriteAsync(HttpContext context, OwnAnswer answer)
    {
        var response = context.Response;
        var (status, headers, contentType, text) = await MakeAsync(context, answer);
        response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            response.Headers[name] = value;
        }

        if (contentType is not null)
        {
            response.ContentType = contentType;
        }

        if (text.Length > 0 && !HttpMethods.IsHead(context.Request.Method))
        {
            await response.WriteAsync(text);
        }
    }

    /// <summary>The same as what YARP passes on.</summary>
    public async Task<HttpResponseMessage> ToMessageAsync(HttpContext context, OwnAnswer answer)
    {
        var (status, headers, contentType, text) = await MakeAsync(context, answer);
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            ReasonPhrase = ReasonPhrases.GetReasonPhrase(status),
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)),
        };
        foreach (var (name, value) in headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        if (contentType is not null)
        {
            response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return response;
    }

    private async Task<(int Status, IEnumerable<KeyValuePair<string, string>> Headers, string? ContentType, string Text)> MakeAsync(HttpContext context, OwnAnswer answer)
    {
        if (IsGrpc(context.Request))
        {
            return (StatusCodes.Status200OK, [.. answer.Headers, .. answer.Grpc], "application/grpc", "");
        }

        IEnumerable<KeyValuePair<string, string>> headers = answer.Headers;
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && AppOf(context) is { } app)
        {
            await app.Origins.AskAsync(context, origin);
            headers = [.. headers, .. app.Origins.Grants.HeadersFor(origin)];
        }

        var (contentType, text) = form.Write(context, answer);
        return (answer.Status, headers, contentType, text);
    }

    /// <summary>Not gRPC-Web, whose status is in the body: to its clients we speak HTTP.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType is { } type
        && (type.Equals("application/grpc", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/grpc+", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/grpc;", StringComparison.OrdinalIgnoreCase));

    /// <summary>Known once the route is.</summary>
    private ClusterGateway? AppOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.ClusterId is { } app ? gateways.Find(app) : null;
}
