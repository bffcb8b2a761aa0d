using System.Net;
using System.Net.WebSockets;
using System.Text;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>A browser, as far as HTTP goes: it keeps cookies, and follows no redirect by itself.</summary>
internal sealed class Client : IDisposable
{
    private readonly Walk _walk;
    private readonly HttpClient _http;
    private readonly Version _version;

    public Client(Walk walk, Uri address, bool isHttp2)
    {
        _walk = walk;
        _http = new HttpClient(new SocketsHttpHandler
        {
            CookieContainer = Cookies, AllowAutoRedirect = false, UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        _version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
    }

    public CookieContainer Cookies { get; } = new();

    public HttpClient Http => _http;

    /// <summary>Sends, and notes what came.</summary>
    /// <param name="path">Relative to the case's own endpoints, or from the root with a slash.</param>
    /// <param name="headers">As "Name: value".</param>
    public Task<Reply> GetAsync(string path, params string[] headers) => SendAsync(Request(HttpMethod.Get, path, headers));

    public Task<Reply> PostAsync(string path, HttpContent? content = null, params string[] headers)
    {
        var request = Request(HttpMethod.Post, path, headers);
        request.Content = content;
        return SendAsync(request);
    }

    /// <summary>A form as a browser posts it.</summary>
    public Task<Reply> PostFormAsync(string path, params (string Name, string Value)[] fields) =>
        PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        var line = $"{request.Method} {request.RequestUri}";
        var reply = await FetchAsync(request);
        _walk.Note(line, reply);
        return reply;
    }

    /// <summary>Sends, and notes nothing: for what runs beside other requests, and ends when it ends.</summary>
    public Task<Reply> FetchAsync(string path, params string[] headers) => FetchAsync(Request(HttpMethod.Get, path, headers));

    public async Task<Reply> FetchAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _http.SendAsync(Versioned(request));
            return await Reply.ReadAsync(response);
        }
    }

    /// <summary>The answer as soon as its head is here.</summary>
    public Task<HttpResponseMessage> BeginAsync(HttpRequestMessage request, CancellationToken cancellation = default) =>
        _http.SendAsync(Versioned(request), HttpCompletionOption.ResponseHeadersRead, cancellation);

    public static HttpRequestMessage Request(HttpMethod method, string path, params string[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var header in headers)
        {
            var (name, value) = (header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>A WebSocket with this client's cookies.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var socket = new ClientWebSocket();
        var http = new Uri(_http.BaseAddress!, path);
        await socket.ConnectAsync(new UriBuilder(http) { Scheme = "ws" }.Uri, _http, CancellationToken.None).For("the WebSocket's opening");
        return socket;
    }

    private HttpRequestMessage Versioned(HttpRequestMessage request)
    {
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return request;
    }

    public void Dispose() => _http.Dispose();
}
