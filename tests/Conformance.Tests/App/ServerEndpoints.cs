using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Pomegranate.Conformance.App;

/// <summary>What an app can ask of the server behind its HttpContext, told in words: values, and exceptions for misuse.</summary>
internal static class ServerEndpoints
{
    private static readonly Type[] Features =
    [
        typeof(IHttpRequestFeature), typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature), typeof(IRequestBodyPipeFeature),
        typeof(IHttpRequestBodyDetectionFeature), typeof(IHttpRequestIdentifierFeature), typeof(IHttpRequestLifetimeFeature),
        typeof(IHttpRequestTrailersFeature), typeof(IHttpResponseTrailersFeature), typeof(IHttpConnectionFeature), typeof(IHttpBodyControlFeature),
        typeof(IHttpMaxRequestBodySizeFeature), typeof(IHttpUpgradeFeature), typeof(IHttpExtendedConnectFeature), typeof(IHttpResetFeature),
        typeof(IHttpWebSocketFeature), typeof(ITlsConnectionFeature), typeof(IHttpMinRequestBodyDataRateFeature),
        typeof(IHttpMinResponseDataRateFeature), typeof(IConnectionLifetimeFeature), typeof(IConnectionItemsFeature), typeof(IConnectionSocketFeature),
        typeof(IPersistentStateFeature), typeof(IEndpointFeature), typeof(IServiceProvidersFeature), typeof(ISessionFeature), typeof(IItemsFeature),
        typeof(IConnectionIdFeature), typeof(IMemoryPoolFeature), typeof(IBadRequestExceptionFeature), typeof(IConnectionCompleteFeature),
        typeof(IConnectionHeartbeatFeature), typeof(IConnectionLifetimeNotificationFeature), typeof(IConnectionTransportFeature),
        typeof(IHttpActivityFeature), typeof(IHttpAuthenticationFeature), typeof(IFormFeature), typeof(IQueryFeature),
    ];

    public static void Map(WebApplication app)
    {
        app.Map("/server/features", (HttpContext c) => string.Concat(Features.Select(type => $"{type.Name}: {c.Features[type] is not null}\n")));
        app.Map("/server/defaults", (HttpContext c) => Lines(
            c.Response.StatusCode,
            c.Response.HasStarted,
            c.Response.ContentLength,
            c.Response.ContentType,
            c.Response.Headers.Count,
            c.Response.Headers.IsReadOnly,
            c.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase,
            c.RequestAborted.CanBeCanceled,
            c.RequestAborted.IsCancellationRequested,
            c.User.Identity?.IsAuthenticated,
            c.Items.Count,
            c.Connection.ClientCertificate as X509Certificate2));
        app.Map("/server/streams", (HttpContext c) => Lines(
            $"{c.Request.Body.CanRead} {c.Request.Body.CanWrite} {c.Request.Body.CanSeek} {c.Request.Body.CanTimeout}",
            Said.By(() => c.Request.Body.Seek(0, SeekOrigin.Begin)),
            Said.By(() => _ = c.Request.Body.Length),
            Said.By(() => _ = c.Request.Body.Position),
            Said.By(() => c.Request.Body.Position = 1),
            Said.By(() => c.Request.Body.SetLength(1)),
            Said.By(() => c.Request.Body.Write([1])),
            Said.By(() => c.Request.Body.WriteByte(1)),
            Said.By(c.Request.Body.Flush),
            $"{c.Response.Body.CanRead} {c.Response.Body.CanWrite} {c.Response.Body.CanSeek} {c.Response.Body.CanTimeout}",
            Said.By(() => c.Response.Body.Seek(0, SeekOrigin.Begin)),
            Said.By(() => _ = c.Response.Body.Length),
            Said.By(() => _ = c.Response.Body.Position),
            Said.By(() => c.Response.Body.Position = 1),
            Said.By(() => c.Response.Body.SetLength(1)),
            Said.By(() => c.Response.Body.ReadByte())));
        app.Map("/server/status-range", (HttpContext c) => string.Concat(new[] { -1, 0, 99, 100, 600, 999, 1000 }.Select(status => Said.By(() =>
        {
            c.Response.StatusCode = status;
            c.Response.StatusCode = 200;
        }) + "\n")));
        app.Map("/server/writer", async (HttpContext c) =>
        {
            var said = Lines(
                c.Response.BodyWriter.CanGetUnflushedBytes,
                c.Response.BodyWriter.UnflushedBytes,
                c.Response.BodyWriter.GetMemory().Length > 0,
                c.Response.BodyWriter.GetMemory(10_000).Length >= 10_000,
                c.Response.BodyWriter.GetSpan(1).Length > 0,
                Said.By(() => c.Response.BodyWriter.GetMemory(-1)),
                Said.By(() => c.Response.BodyWriter.Advance(-1)),
                Said.By(() => c.Response.BodyWriter.Advance(0)),
                c.Response.HasStarted);
            c.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(said));
            c.Response.Headers["X-Unflushed"] = $"{c.Response.BodyWriter.UnflushedBytes > 0}";
            await c.Response.BodyWriter.FlushAsync();
        });
        app.Map("/server/misuse", async (HttpContext c) => Lines(
            await Said.ByAsync(() => c.Response.WriteAsync(null!)),
            Said.By(() => c.Response.OnStarting(null!)),
            Said.By(() => c.Response.OnCompleted((Func<Task>)null!)),
            Said.By(() => c.Response.Body = null!),
            Said.By(() => c.Response.Headers[null!] = "x"),
            Said.By(() => c.Response.Headers["X-Null"] = (string?)null),
            Said.By(() => c.Response.Headers.Add(new("X-Twice", "1"))),
            Said.By(() => c.Response.Headers.Add(new("X-Twice", "2"))),
            Said.By(() => _ = ((IDictionary<string, Microsoft.Extensions.Primitives.StringValues>)c.Response.Headers)["X-Missing"]),
            c.Response.Headers["X-Missing"].Count,
            c.Response.Headers.ContainsKey("x-twice"),
            c.Response.Headers.TryGetValue("X-TWICE", out var found),
            found,
            Said.By(() => c.Response.ContentLength = -1),
            await Said.ByAsync(() => c.Response.SendFileAsync("/no/such/file"))));
        app.Map("/server/request-headers", (HttpContext c) => Lines(
            c.Request.Headers.IsReadOnly,
            c.Request.Headers["X-Missing"].Count,
            c.Request.Headers.ContainsKey("hOsT"),
            Said.By(() => _ = ((IDictionary<string, Microsoft.Extensions.Primitives.StringValues>)c.Request.Headers)["X-Missing"]),
            Said.By(() => c.Request.Headers["X-New"] = "1"),
            c.Request.Headers["x-new"],
            c.Request.Headers.Remove("X-NEW"),
            c.Request.Headers.Remove("X-New"),
            Said.By(() => c.Request.Headers.Add(new("Host", "again"))),
            Said.By(() => c.Request.ContentLength = 5),
            c.Request.Headers.ContentLength,
            Said.By(() => c.Request.Headers.ContentLength = null),
            c.Request.ContentLength));
        app.Map("/server/rewritten", (HttpContext c) =>
        {
            c.Request.Method = "BREW";
            c.Request.Path = "/new path";
            c.Request.QueryString = new QueryString("?a=b");
            c.Request.Scheme = "https";
            c.Request.Host = new HostString("new.test", 81);
            c.Request.Protocol = "HTTP/9";
            c.Request.Body = new MemoryStream("new body"u8.ToArray());
            c.TraceIdentifier = "mine";
            c.Connection.Id = "own";
            return Lines(
                c.Request.Method, c.Request.Path, c.Request.Query["a"], c.Request.Scheme, c.Request.Headers.Host, c.Request.Protocol,
                new StreamReader(c.Request.Body).ReadToEnd(), c.TraceIdentifier, c.Connection.Id);
        });
        app.Map("/server/nested-onstarting", (HttpContext c) =>
        {
            c.Response.OnStarting(() =>
            {
                c.Response.OnStarting(() =>
                {
                    c.Response.Headers["X-Nested"] = "yes";
                    return Task.CompletedTask;
                });
                return Task.CompletedTask;
            });
            return c.Response.WriteAsync("x");
        });
        app.Map("/server/onstarting-writes", (HttpContext c) =>
        {
            c.Response.OnStarting(() => c.Response.WriteAsync("from the callback;"));
            return c.Response.WriteAsync("from the app");
        });
        app.Map("/server/after-complete", async (HttpContext c) =>
        {
            await c.Response.CompleteAsync();
            await Said.ByAsync(() => c.Response.CompleteAsync());
            await Said.ByAsync(() => c.Response.StartAsync());
        });
        app.Map("/server/aborted", (HttpContext c) =>
        {
            c.RequestAborted.Register(() => { });
            c.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted = new CancellationToken(true);
            return $"{c.RequestAborted.IsCancellationRequested}";
        });
        app.Map("/server/cancelled-write", async (HttpContext c) =>
            Lines(await Said.ByAsync(() => c.Response.WriteAsync("never", new CancellationToken(true))), c.Response.HasStarted));
        app.Map("/server/own-trailer", async (HttpContext c) =>
            Lines(c.Response.SupportsTrailers(), await Said.ByAsync(() => Task.Run(() => c.Response.AppendTrailer("X-Sum", "1")))));
    }

    private static string Lines(params object?[] values) => string.Concat(values.Select(value => $"{value}\n"));
}
