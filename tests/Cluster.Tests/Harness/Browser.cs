using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend;
using Pomegranate.Backend.Sessions;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>A client with cookies, whose requests say what the app does with them.</summary>
internal sealed class Browser : IDisposable
{
    private const string CookieName = ".Pomegranate.Session";

    private readonly TestCluster _cluster;
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;
    private readonly Uri _frontend;

    public Browser(TestCluster cluster, TestFrontend frontend)
    {
        _cluster = cluster;
        _frontend = frontend.Address;
        // Without a drain timeout a response that is let go is read on for 2 s, in the hope of its end, before the client leaves.
        _http = new HttpClient(new SocketsHttpHandler
        {
            CookieContainer = _cookies, AllowAutoRedirect = false, UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero,
        })
        {
            BaseAddress = _frontend,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>The session cookie's value, null for none.</summary>
    public string? SessionCookie
    {
        get => _cookies.GetCookies(_frontend)[CookieName]?.Value;
        set => _cookies.Add(_frontend, new Cookie(CookieName, value));
    }

    /// <summary>The value of a cookie by its name, null for none.</summary>
    public string? CookieNamed(string name) => _cookies.GetAllCookies().SingleOrDefault(cookie => cookie.Name == name)?.Value;

    /// <summary>The request's way to this code in the app.</summary>
    public string Path(RequestDelegate app, SessionAccess access = SessionAccess.Exclusive) =>
        $"/{access.ToString().ToLowerInvariant()}/{_cluster.Code.Add(app)}";

    /// <summary>Asks the app to run this code.</summary>
    public Task<Answer> RunAsync(RequestDelegate app, SessionAccess access = SessionAccess.Exclusive, HttpMethod? method = null) =>
        SendAsync(new HttpRequestMessage(method ?? HttpMethod.Get, Path(app, access)));

    /// <summary>The same, for code that answers with a text.</summary>
    public Task<Answer> RunAsync(Func<HttpContext, string> app, SessionAccess access = SessionAccess.Exclusive) =>
        RunAsync(context => context.Response.WriteAsync(app(context)), access);

    /// <summary>Writes an attribute; the session exists afterwards.</summary>
    public async Task StoreAsync(string key, string value) => (await RunAsync(http =>
    {
        http.Session.SetString(key, value);
        return "";
    })).Ok();

    /// <summary>An attribute's value, "(none)" where there is none.</summary>
    public async Task<string> ReadAsync(string key) => (await RunAsync(http => http.Session.GetString(key) ?? "(none)")).Ok();

    /// <summary>Begins a session; the name of the backend that is its home.</summary>
    public async Task<string> NodeOfNewSessionAsync() => (await RunAsync(http =>
    {
        http.Session.SetString("begun", "");
        return NodeOf(http);
    })).Ok();

    /// <summary>In the app: the name of the backend that runs the request.</summary>
    public static string NodeOf(HttpContext context) => context.Features.GetRequiredFeature<IPomegranateSessionFeature>().NodeName;

    public async Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken cancellation = default)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request, cancellation);
            return new Answer(response, await response.Content.ReadAsByteArrayAsync(cancellation));
        }
    }

    /// <summary>A response as soon as its head is here; the body is read by the test.</summary>
    public Task<HttpResponseMessage> BeginAsync(HttpRequestMessage request, CancellationToken cancellation = default) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>A WebSocket of this browser's, with its cookies, over HTTP/1.1 or HTTP/2.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string path, Version? version = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = version ?? HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(new UriBuilder(new Uri(_frontend, path)) { Scheme = "ws" }.Uri, _http, CancellationToken.None).For("the WebSocket's opening");
        return socket;
    }

    public void Dispose() => _http.Dispose();
}
