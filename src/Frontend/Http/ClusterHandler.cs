using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;
using HeaderBytes = Pomegranate.Http.HeaderBytes;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// YARP's transport, with a cluster at its other end instead of a socket: 1. reads the body, as far as it fits a message,
/// 2. makes the request a message, 3. sends it to the session's home, 4. makes the answer a response, whole or streamed.
/// YARP does what proxies do around it: hop-by-hop and forwarded headers, copying, trailers, upgrades, cancellation.
/// </summary>
/// <remarks>
/// Method and target are taken from the client's request, not from YARP's <see cref="HttpRequestMessage"/>: its Uri
/// would normalise the path, and the app must see what it would see on Kestrel. A route that changes them leaves the
/// new target in <see cref="Target"/>.
/// </remarks>
internal sealed class ClusterHandler(ClusterGateway gateway, EarlierHomeCookie cookie, GatewayOptions options, ClientFacts facts, DataRates rates, OwnAnswers own, TimeProvider time) : HttpMessageHandler
{
    /// <summary>Where the forwarder's transform leaves the client's request.</summary>
    public static readonly HttpRequestOptionsKey<HttpContext> ClientRequest = new("pomegranate");

    /// <summary>Where a route's transforms leave the target that the app is to see instead of the client's.</summary>
    public static readonly HttpRequestOptionsKey<string> Target = new("pomegranate-target");

    /// <summary>Where a route's transform leaves the path under which the app is mounted.</summary>
    public static readonly HttpRequestOptionsKey<string> PathBase = new("pomegranate-path-base");

    /// <summary>How long the rest of a body is waited for, so that it fits one message.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(ClientRequest, out var context))
        {
            throw new InvalidOperationException("The forwarder's transform did not leave the client's request.");
        }

        // YARP has made an HTTP/1.1 upgrade of an HTTP/2 CONNECT: apps see the one form.
        var isUpgrade = request.Headers.Upgrade.Count > 0;
        RequestBody? body = null;
        RequestClient? asked = null;
        try
        {
            if (request.Content is { } content && !isUpgrade)
            {
                body = new RequestBody(options.InlineRequestBytes, rates.TakeOver(context, gateway), time);
                await CopyAsync(content, body, context, cancellationToken);
            }

            var message = Message(request, context, isUpgrade, body);
            asked = new RequestClient(context, body);
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var sessions = SentSessions.Of(context.Request.Headers.Cookie, gateway.SessionCookies);
            var sending = gateway.SendAsync(message, message.IsBodyStreamed ? body : null, sessions, asked, leaving.Token);
            if (message.IsBodyStreamed)
            {
                await Task.WhenAny(sending, body!.Failed);
                if (body.IsTooSlow)
                {
                    // The app may have been quick to say what it thinks of half a body.
                    await leaving.CancelAsync();
                    throw TooSlow(context, sending);
                }

                if (body.Failed.IsCompleted && !sending.IsCompleted)
                {
                    // Nobody waits for the answer any more; the app is told so.
                    await leaving.CancelAsync();
                    // The client's body cannot be read: YARP knows why and answers, or has nobody to answer.
                    throw new IOException("The client's body could not be read to its end.");
                }
            }

            var answer = await sending;
            context.Features.Set(new AccessRecord(answer.Reply.Node, answer.Attempts));
            if (answer.Stream is { } stream)
            {
                // An app may answer first and read afterwards.
                stream.OnClosed = Over(asked, body);
                asked = null;
                stream.OnWait = isUpgrade ? null : () => context.Response.Body.FlushAsync(cancellationToken);
                body = null;
            }

            return Answer(request, context, answer, sessions);
        }
        catch (GatewayException failure)
        {
            return await RefuseAsync(context, failure);
        }
        finally
        {
            body?.Refuse();
            asked?.End();
        }
    }

    private static GatewayException TooSlow(HttpContext context, Task<GatewayAnswer> sending)
    {
        if (sending.IsCompletedSuccessfully)
        {
            sending.Result.Stream?.Dispose();
        }

        // YARP waits for the end of its copying before it ends the response.
        context.Request.BodyReader.CancelPendingRead();
        return new GatewayException(
            GatewayFailure.SlowBody, StatusCodes.Status408RequestTimeout, "Reading the request body timed out due to data arriving too slowly. See MinRequestBodyDataRate.");
    }

    private static Action Over(RequestClient client, RequestBody? body) => () =>
    {
        client.End();
        body?.Refuse();
    };

    /// <summary>Returns when the body is here, or is known not to fit a message; then it is copied on as the app reads it.</summary>
    private static async Task CopyAsync(HttpContent content, RequestBody body, HttpContext context, CancellationToken cancellation)
    {
        // Not asked for before the app does: reading it tells the client to go on (100).
        var isAwaited = context.Request.Headers.Expect.Count > 0;
        var copy = body.CopyAsync(content, isAwaited, cancellation);
        if (await Task.WhenAny(copy, body.IsLong, Task.Delay(Moment, cancellation)) is var first && first != copy && first != body.IsLong)
        {
            body.BecomeLong();
        }

        if (!body.IsLong.IsCompleted)
        {
            await copy;
        }
    }

    private WebRequest Message(HttpRequestMessage request, HttpContext context, bool isUpgrade, RequestBody? body)
    {
        var client = context.Request;
        var isStreamed = body is { IsLong.IsCompleted: true };
        var told = gateway.TakesFacts ? facts.Of(context) : null;
        return new WebRequest
        {
            Method = isUpgrade ? HttpMethods.Get : Method(request, client),
            Scheme = client.Scheme,
            RawTarget = request.Options.TryGetValue(Target, out var target) ? target : context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            PathBase = request.Options.TryGetValue(PathBase, out var pathBase) ? pathBase : "",
            Protocol = isUpgrade ? HttpProtocol.Http11 : client.Protocol,
            Headers = told is null ? HeaderBytes.AsText(Headers(request, client)) : Headers(request, client),
            Body = isStreamed ? default : body?.Whole ?? default,
            IsBodyStreamed = isStreamed,
            HasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.Content is not null,
            Client = EndPoint(context.Connection.RemoteIpAddress, context.Connection.RemotePort),
            Local = EndPoint(context.Connection.LocalIpAddress, context.Connection.LocalPort),
            Facts = told,
            TraceIdentifier = context.TraceIdentifier,
        };
    }

    /// <summary>The client's own spelling, unless a transform has put another method in its place.</summary>
    private static string Method(HttpRequestMessage request, HttpRequest client) =>
        string.Equals(request.Method.Method, client.Method, StringComparison.OrdinalIgnoreCase) ? client.Method : request.Method.Method;

    private static KeyValuePair<string, StringValues>[] Headers(HttpRequestMessage request, HttpRequest client)
    {
        var headers = new List<KeyValuePair<string, StringValues>>(client.Headers.Count + 4) { new("Host", client.Headers.Host) };
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

    private HttpResponseMessage Answer(HttpRequestMessage request, HttpContext context, GatewayAnswer answer, SentSessions sessions)
    {
        var reply = answer.Reply;
        switch (reply.Kind)
        {
            case ReplyKind.Response when reply.Response is { } head:
                var response = ToMessage(head, answer.Stream);
                response.RequestMessage = request;
                gateway.Origins.Learn(context.Request.Headers.Origin, head);
                if (cookie.Write(context, sessions, reply.Cookie) is { } setCookie)
                {
                    response.Headers.TryAddWithoutValidation("Set-Cookie", setCookie);
                    if (reply.Cookie.Action == CookieAction.Keep)
                    {
                        // The app has not seen that this answer carries an id: no cache may hand it to others.
                        response.Headers.CacheControl = new() { NoCache = true, NoStore = true };
                    }
                }

                if (head.StatusCode == StatusCodes.Status101SwitchingProtocols && request.Headers.Upgrade.Any(IsWebSocket))
                {
                    answer.Stream?.IsWebSocket();
                }

                if (answer.Stream is { } stream && OwnAnswers.IsGrpc(context.Request))
                {
                    stream.IsGrpc();
                }

                return response;

            case ReplyKind.Aborted:
                // The app cut the connection; a whole-looking answer would deceive the client.
                RequestClient.Cut(context, reply.Status > 0 ? reply.Status - 1 : null);
                throw new OperationCanceledException("The app aborted the connection.");

            default:
                throw new GatewayException(
                    GatewayFailure.Refused, reply.Status is >= 400 and <= 599 ? reply.Status : 503, reply.Reason ?? "The session's home refused the request.");
        }
    }

    /// <summary>Of another protocol we know no last word.</summary>
    private static bool IsWebSocket(ProductHeaderValue protocol) => protocol.Name.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    private static HttpResponseMessage ToMessage(WebResponse answer, ResponseStream? stream)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.StatusCode) { ReasonPhrase = answer.ReasonPhrase ?? ReasonPhrases.GetReasonPhrase(answer.StatusCode) };
        response.Content = stream is null ? new ReadOnlyMemoryContent(answer.Body) : new StreamedContent(stream, response);
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

    private Task<HttpResponseMessage> RefuseAsync(HttpContext context, GatewayException failure) => own.ToMessageAsync(
        context, new OwnAnswer(failure.Status, failure.Message, failure.Status == StatusCodes.Status503ServiceUnavailable ? options.RetryAfter : null));

    private static IPEndPoint? EndPoint(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);
}
