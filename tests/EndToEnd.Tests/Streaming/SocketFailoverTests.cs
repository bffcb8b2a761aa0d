using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Pomegranate.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Pomegranate.EndToEnd.Tests.Streaming;

/// <summary>Open WebSockets and a long download when their backend is killed.</summary>
[Collection("cluster")]
public class SocketFailoverTests(ITestOutputHelper output)
{
    private const int Sockets = 1000;

    /// <summary>So many handshakes at a time, as from so many browsers that come back.</summary>
    private const int AtOnce = 50;

    [Fact]
    public async Task Kill9_1000OpenSockets_AreClosedWith1001AndComeBackWithTheirSessions()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        var visitors = new Visitor[Sockets];
        using var places = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(Enumerable.Range(0, Sockets).Select(async i =>
        {
            visitors[i] = new Visitor(cluster.Frontends[i % cluster.Frontends.Count]);
            await visitors[i].CountAsync();
            await visitors[i].ConnectAsync(places);
        }));

        var victim = cluster.Backends[0].Name;
        var affected = visitors.Where(v => v.Node == victim).ToList();
        Assert.NotEmpty(affected);
        var closings = affected.Select(v => v.ClosingAsync()).ToList();
        var clock = Stopwatch.StartNew();
        cluster.Kill(victim);

        foreach (var status in await Task.WhenAll(closings).WaitAsync(TimeSpan.FromSeconds(30)))
        {
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, status);
        }

        var closed = clock.Elapsed;
        await Task.WhenAll(affected.Select(v => v.ConnectAsync(places)));
        var back = clock.Elapsed;

        Assert.All(affected, v => Assert.NotEqual(victim, v.Node));
        Assert.All(visitors, v => Assert.Equal(1, v.Count));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{affected.Count} of {Sockets} sockets were on {victim}: all closed with 1001 after {closed.TotalMilliseconds:F0} ms, all back after {back.TotalMilliseconds:F0} ms"));

        // The others never noticed.
        foreach (var visitor in visitors.Except(affected))
        {
            Assert.Equal("still here", await visitor.EchoAsync("still here"));
        }

        foreach (var visitor in visitors)
        {
            visitor.Dispose();
        }
    }

    [Theory]
    [InlineData("1.1", "Http1")]
    [InlineData("2.0", "Http2")]
    public async Task Kill9_InTheMiddleOfADownload_TheClientSeesThatItIsCut(string version, string protocols)
    {
        await using var cluster = await ClusterProcess.StartAsync(
            backends: 2, frontends: 1, settings: [$"Kestrel:EndpointDefaults:Protocols={protocols}"]);
        using var http = new HttpClient
        {
            BaseAddress = cluster.Frontends[0],
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.GetAsync("/download?size=4000000000", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(Version.Parse(version), response.Version);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1_000_000]);

        // Without a session any backend may have it: both die.
        foreach (var backend in cluster.Backends)
        {
            cluster.Kill(backend.Name);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            var buffer = new byte[64 * 1024];
            while (await body.ReadAsync(buffer, limit.Token) > 0)
            {
            }
        });
    }

    /// <summary>A browser with a session and a WebSocket.</summary>
    private sealed class Visitor(Uri frontend) : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private readonly byte[] _buffer = new byte[256];
        private ClientWebSocket? _socket;

        public string? Node { get; private set; }

        public int Count { get; private set; }

        public async Task CountAsync()
        {
            using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies });
            (await http.GetAsync(new Uri(frontend, "/counter"))).EnsureSuccessStatusCode();
        }

        public async Task ConnectAsync(SemaphoreSlim places)
        {
            await places.WaitAsync();
            try
            {
                _socket?.Dispose();
                _socket = new ClientWebSocket();
                _socket.Options.Cookies = _cookies;
                await _socket.ConnectAsync(new UriBuilder(new Uri(frontend, "/live/socket")) { Scheme = "ws" }.Uri, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
                var greeting = (await ReceiveAsync()).Split(" n=");
                (Node, Count) = (greeting[0], int.Parse(greeting[1], CultureInfo.InvariantCulture));
            }
            finally
            {
                places.Release();
            }
        }

        /// <summary>The status with which the socket is closed.</summary>
        public async Task<WebSocketCloseStatus?> ClosingAsync()
        {
            var received = await _socket!.ReceiveAsync(_buffer, CancellationToken.None);
            Assert.Equal(WebSocketMessageType.Close, received.MessageType);
            return received.CloseStatus;
        }

        public async Task<string> EchoAsync(string text)
        {
            await _socket!.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
            return await ReceiveAsync();
        }

        public void Dispose() => _socket?.Dispose();

        private async Task<string> ReceiveAsync()
        {
            var received = await _socket!.ReceiveAsync(_buffer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
            return Encoding.UTF8.GetString(_buffer, 0, received.Count);
        }
    }
}
