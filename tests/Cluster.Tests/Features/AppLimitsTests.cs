using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Features;

/// <summary>What the app has told its own Kestrel holds at the frontends.</summary>
public sealed class AppLimitsTests : IAsyncLifetime
{
    private OwnApp _app = null!;

    public async Task InitializeAsync() => _app = await OwnApp.StartAsync(kestrel =>
    {
        kestrel.Limits.MaxRequestLineSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 96 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 150;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(7);
        kestrel.Limits.MaxConcurrentUpgradedConnections = 1;
        kestrel.RequestHeaderEncodingSelector = name => name == "X-Name" ? Encoding.Latin1 : null;
        kestrel.ResponseHeaderEncodingSelector = name => name == "X-Name" ? Encoding.Latin1 : name == "X-Utf8" ? Encoding.UTF8 : null;
    });

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task HeaderEncodings_OfTheApp_AreWhatTheClientSendsAndGets()
    {
        var path = _app.Path(context =>
        {
            context.Response.Headers["X-Name"] = context.Request.Headers["X-Name"] + "é";
            context.Response.Headers["X-Utf8"] = context.Request.Headers["X-Utf8"] + "é";
            return context.Response.WriteAsync($"{context.Request.Headers["X-Name"]} {context.Request.Headers["X-Utf8"]}");
        });

        // RawHttp speaks ISO 8859-1: a character is a byte.
        var answer = await RawHttp.SendAsync(_app.Cluster.Frontend.Address, $"GET {path} HTTP/1.1\nHost: a\nConnection: close\nX-Name: M\u00fc\nX-Utf8: M\u00c3\u00bc");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("X-Name: M\u00fc\u00e9\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("X-Utf8: M\u00c3\u00bc\u00c3\u00a9\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("M\u00c3\u00bc M\u00c3\u00bc", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeaderOfWrongBytes_400AsFromKestrel()
    {
        var path = _app.Path(context => context.Response.WriteAsync("run"));

        var answer = await RawHttp.SendAsync(_app.Cluster.Frontend.Address, $"GET {path} HTTP/1.1\nHost: a\nConnection: close\nX-Utf8: M\u00fc");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 40, 0, 200)]
    [InlineData(16, 0, 0, 200)]
    [InlineData(0, 0, 140, 200)]
    [InlineData(0, 100, 0, 431)]
    [InlineData(40, 0, 0, 414)]
    [InlineData(0, 0, 160, 431)]
    public async Task LimitsThatTheAppRaised_HoldAtTheFrontend(int queryKilobytes, int cookieKilobytes, int headers, int status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(_app, _app.Cluster.Frontend, queryKilobytes, cookieKilobytes, headers), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 40, 0, 431)]
    [InlineData(16, 0, 0, 414)]
    [InlineData(0, 0, 140, 431)]
    public async Task LimitsThatTheAppRaised_OperatorAllowsNone_KestrelsOwnHoldAndItIsSaid(int queryKilobytes, int cookieKilobytes, int headers, int status)
    {
        var before = _app.Cluster.Log.Of(3014).Length;
        await using var frontend = await _app.Cluster.StartFrontendAsync(("Pomegranate:Gateway:MaxAppHeaderBytes", "0"));

        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(_app, frontend, queryKilobytes, cookieKilobytes, headers), StringComparison.Ordinal);
        Assert.Equal(1, _app.Cluster.Log.Of(3014).Length - before);
    }

    [Theory]
    [InlineData(0, 10, 0, 431)]
    [InlineData(3, 0, 0, 414)]
    [InlineData(0, 0, 20, 431)]
    [InlineData(0, 1, 2, 200)]
    public async Task LimitsThatTheAppLowered_HoldThoughTheFrontendTakesMore(int queryKilobytes, int cookieKilobytes, int headers, int status)
    {
        await using var app = await OwnApp.StartAsync(kestrel =>
        {
            kestrel.Limits.MaxRequestLineSize = 2 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 4 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 10;
        });

        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(app, app.Cluster.Frontend, queryKilobytes, cookieKilobytes, headers), StringComparison.Ordinal);
    }

    [Fact]
    public void SettingsThatDoNotHold_AreSaidAtStart() => Assert.Equal(
        2, _app.Cluster.Log.Of(2115).Count(said => said.Contains("The app has set Limits.KeepAliveTimeout for Kestrel", StringComparison.Ordinal)));

    [Fact]
    public async Task MaxConcurrentUpgradedConnections_OfTheApp_Holds()
    {
        using var browser = _app.Cluster.NewBrowser();
        var path = _app.Path(async context =>
        {
            try
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.ReceiveAsync(new byte[1], CancellationToken.None);
            }
            catch (InvalidOperationException refused)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync(refused.Message);
            }
        });
        Assert.Equal("", (await browser.SendAsync(new(HttpMethod.Get, _app.Path(context =>
        {
            // A session, so that both sockets are one node's.
            context.Session.SetString("key", "value");
            return Task.CompletedTask;
        })))).Ok());
        using var first = await browser.ConnectAsync(path).For("the first socket");

        var second = await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => browser.ConnectAsync(path).For("the second socket"));

        Assert.Contains("503", second.Message, StringComparison.Ordinal);
    }

    private static async Task<string> SendAsync(OwnApp app, TestFrontend frontend, int queryKilobytes, int cookieKilobytes, int headers)
    {
        var path = app.Path(context => context.Response.WriteAsync("run"));
        var lines = new StringBuilder($"GET {path}?{new string('q', 1024 * queryKilobytes)} HTTP/1.1\nHost: a\nConnection: close");
        for (var kilobyte = 0; kilobyte < cookieKilobytes; kilobyte += 10)
        {
            lines.Append("\nX-Long: ").Append('c', 1024 * Math.Min(10, cookieKilobytes));
        }

        for (var header = 0; header < headers; header++)
        {
            lines.Append("\nX-Many: 1");
        }

        return await RawHttp.SendAsync(frontend.Address, lines.ToString());
    }

    [Fact]
    public async Task SlowBody_IsCutUnlessTheAppAllowsIt()
    {
        await using var frontend = await _app.Cluster.StartFrontendAsync(
            ("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond", "1000"), ("Kestrel:Limits:MinRequestBodyDataRate:GracePeriod", "00:00:01.1"));
        using var allowed = await SlowClient.SendAsync(_app, frontend.Address, context =>
            context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null);
        using var other = await SlowClient.SendAsync(_app, frontend.Address, _ => { });

        // The one that came later is the clock.
        Assert.StartsWith("HTTP/1.1 408 ", await other.AnswerAsync(), StringComparison.Ordinal);
        Assert.NotEqual("read", await other.Read.For("the app's read"));

        await allowed.SendRestAsync();
        Assert.Equal("read", await allowed.Read.For("the app's read"));
        Assert.EndsWith("read it all", await allowed.AnswerAsync(), StringComparison.Ordinal);
    }

    /// <summary>Sends the first of two bytes, and the app waits for the second.</summary>
    private sealed class SlowClient : IDisposable
    {
        private readonly TcpClient _client = new();
        private readonly TaskCompletionSource<string> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What became of the app's read of the second.</summary>
        public Task<string> Read => _read.Task;

        public static async Task<SlowClient> SendAsync(OwnApp app, Uri frontend, Action<HttpContext> first)
        {
            var slow = new SlowClient();
            var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var path = app.Path(async context =>
            {
                first(context);
                await slow.ReadAsync(context, reading);
                await context.Response.WriteAsync("read it all");
            });
            await slow._client.ConnectAsync(IPAddress.Loopback, frontend.Port);
            await slow._client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\na"));
            await reading.Task.For("the first byte in the app");
            return slow;
        }

        public async Task SendRestAsync() => await _client.GetStream().WriteAsync("b"u8.ToArray());

        public async Task<string> AnswerAsync()
        {
            using var answer = new StreamReader(_client.GetStream(), Encoding.Latin1);
            return await answer.ReadToEndAsync().For("the answer to a slow client");
        }

        public void Dispose() => _client.Dispose();

        private async Task ReadAsync(HttpContext context, TaskCompletionSource reading)
        {
            try
            {
                await context.Request.Body.ReadExactlyAsync(new byte[1]);
                reading.SetResult();
                await context.Request.Body.ReadExactlyAsync(new byte[1]);
                _read.SetResult("read");
            }
            catch (Exception failure)
            {
                _read.SetResult(failure.GetType().Name);
                throw;
            }
        }
    }
}
