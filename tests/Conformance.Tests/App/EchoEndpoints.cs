using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Conformance.App;

/// <summary>What the app sees of a request.</summary>
internal static class EchoEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapFallback(context => EchoAsync(context, IsOurs));
        app.Map("/all-headers", context => EchoAsync(context, _ => true));
        app.MapGet("/probe", () => "probed");
    }

    /// <summary>The headers that every proxy adds are looked at on their own, at /all-headers.</summary>
    private static bool IsOurs(string header) => !header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) && !header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);

    private static async Task EchoAsync(HttpContext context, Func<string, bool> shows)
    {
        var request = context.Request;
        var feature = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var text = new StringBuilder();
        Line("method", request.Method);
        Line("path", request.Path.Value);
        Line("base", request.PathBase.Value);
        Line("query", request.QueryString.Value);
        Line("parsed", string.Join('&', request.Query.Select(q => $"{q.Key}={string.Join('|', q.Value.AsEnumerable())}")));
        Line("raw", feature.RawTarget);
        Line("scheme", request.Scheme);
        Line("host", request.Host.Value);
        Line("protocol", request.Protocol);
        Line("url", request.GetEncodedPathAndQuery());
        Line("length", $"{request.ContentLength}");
        Line("type", request.ContentType);
        Line("form", $"{request.HasFormContentType}");
        Line("canhavebody", $"{context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody}");
        Line("remote", $"{context.Connection.RemoteIpAddress}");
        Line("remoteport", $"{context.Connection.RemotePort > 0}");
        Line("local", $"{context.Connection.LocalIpAddress} {context.Connection.LocalPort > 0}");
        Line("ids", $"{context.TraceIdentifier.Length > 0} {context.Connection.Id.Length > 0}");
        Line("trailers", $"{context.Response.SupportsTrailers()}");
        Line("websocket", $"{context.WebSockets.IsWebSocketRequest}");
        Line("cookies", string.Join('&', request.Cookies.Select(c => $"{c.Key}={c.Value}")));
        foreach (var (name, values) in request.Headers.Where(h => shows(h.Key)).OrderBy(h => h.Key, StringComparer.OrdinalIgnoreCase))
        {
            Line("header " + name, string.Join('|', values.AsEnumerable()));
        }

        Line("body", body.Length <= 2000 ? Encoding.Latin1.GetString(body.ToArray()) : $"{body.Length} {Hash(body)}");
        var answer = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer);

        void Line(string name, string? value) => text.Append(name).Append(": ").Append(value).Append('\n');
    }

    private static string Hash(MemoryStream body) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(body.ToArray()));
}
