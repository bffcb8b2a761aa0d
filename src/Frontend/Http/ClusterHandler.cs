using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Pomegranate.Frontend.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// YARP's transport, with a cluster at its other end instead of a socket: 1. reads the body, 2. makes the request a
/// message, 3. sends it to the session's home, 4. makes the answer a response. YARP does what proxies do around it:
/// hop-by-hop and forwarded headers, copying, trailers, cancellation.
/// </summary>
/// <remarks>
/// Method and target are taken from the client's request, not from YARP's <see cref="HttpRequestMessage"/>: its Uri
/// would normalise the path, and the app must see what it would see on Kestrel.
/// </remarks>
internal sealed class ClusterHandler(ClusterGateway gateway, SessionCookie cookie, IOptions<GatewayOptions> options) : HttpMessageHandler
{
    /// <summary>Where the forwarder's transform leaves the client's request.</summary>
    public static readonly HttpRequestOptionsKey<HttpContext> ClientRequest = new("pomegranate");

    private readonly GatewayOptions _options = options.Value;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(ClientRequest, out var context))
        {
            throw new InvalidOperationException("The forwarder's transform did not leave the client's request.");
        }

        try
        {
            var message = await ReadAsync(request, context, cancellationToken);
            var reply = await gateway.SendAsync(message, cookie.Read(context.Request), cancellationToken);
            return Answer(context, reply);
        }
        catch (GatewayException failure)
        {
            return Refusal(failure);
        }
    }

    private async Task<WebRequest> ReadAsync(HttpRequestMessage request, HttpContext context, CancellationToken cancellation)
    {
        var client = context.Request;
        if (request.Headers.Upgrade.Count > 0 || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true })
        {
            throw new GatewayException(GatewayFailure.UpgradeNotSupported, 501, "Upgrades (WebSockets) are not supported yet.");
        }

        var body = await RequestBody.ReadAsync(request.Content, client.ContentLength, _options.MaxRequestBodyBytes, cancellation);
        return new WebRequest
        {
            Method = client.Method,
            Scheme = client.Scheme,
            RawTarget = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            Protocol = client.Protocol,
            Headers = Headers(request, client),
            Body = body,
            HasBody = request.Content is not null,
            Client = EndPoint(context.Connection.RemoteIpAddress, context.Connection.RemotePort),
            Local = EndPoint(context.Connection.LocalIpAddress, context.Connection.LocalPort),
            TraceIdentifier = context.TraceIdentifier,
        };
    }

    private static KeyValuePair<string, StringValues>[] Headers(HttpRequestMessage request, HttpRequest client)
    {
        var headers = new List<KeyValuePair<string, StringValues>>(client.Headers.Count + 4) { new("Host", client.Host.Value) };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            // The app sees the client's host, not the one YARP would dial.
            if (!string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase))
            {
                headers.Add(new(name, values.ToArray()));
            }
        }

        if (request.Content is not null)
        {
            foreach (var (name, values) in request.Content.Headers.NonValidated)
            {
                headers.Add(new(name, values.ToArray()));
            }
        }

        return [.. headers];
    }

    private HttpResponseMessage Answer(HttpContext context, RequestReply reply)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Response when reply.Response is { } answer:
                var response = ToMessage(answer);
                if (cookie.Write(context, reply.Cookie) is { } setCookie)
                {
                    response.Headers.TryAddWithoutValidation("Set-Cookie", setCookie);
                }

                return response;

            case ReplyKind.Aborted:
                // The app cut the connection; a whole-looking answer would deceive the client.
                context.Abort();
                throw new OperationCanceledException("The app aborted the connection.");

            default:
                throw new GatewayException(
                    GatewayFailure.Refused, reply.Status is >= 400 and <= 599 ? reply.Status : 503, reply.Reason ?? "The session's home refused the request.");
        }
    }

    private static HttpResponseMessage ToMessage(WebResponse answer)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.StatusCode)
        {
            ReasonPhrase = answer.ReasonPhrase,
            Content = new ReadOnlyMemoryContent(answer.Body),
        };
        foreach (var (name, values) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!))
            {
                response.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
            }
        }

        foreach (var (name, values) in answer.Trailers)
        {
            response.TrailingHeaders.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
        }

        return response;
    }

    private HttpResponseMessage Refusal(GatewayException failure)
    {
        var response = new HttpResponseMessage((HttpStatusCode)failure.Status) { Content = new StringContent(failure.Message + "\n") };
        response.Headers.TryAddWithoutValidation("Cache-Control", "no-store");
        if (failure.Status == 503)
        {
            response.Headers.RetryAfter = new(_options.RetryAfter);
        }

        return response;
    }

    private static IPEndPoint? EndPoint(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);
}
