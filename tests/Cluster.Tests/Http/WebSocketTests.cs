using System.Net;
using System.Net.WebSockets;
using System.Text;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>WebSockets through the cluster, over HTTP/1.1 and HTTP/2.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class WebSocketTests(SharedCluster shared) : IDisposable
{
    private readonly Browser _browser = shared.Cluster.NewBrowser();

    public void Dispose() => _browser.Dispose();

    [Fact]
    public Task Echo_OfSmallAndLargeMessages_ComesBack() => EchoAsync(_browser, HttpVersion.Version11);

    [Fact]
    public async Task EchoOverHttp2_OfSmallAndLargeMessages_ComesBack()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        await EchoAsync(browser, HttpVersion.Version20);
    }

    private static async Task EchoAsync(Browser browser, Version version)
    {
        using var socket = await browser.ConnectAsync(browser.Path(EchoAsync), version);
        foreach (var size in (int[])[0, 5, 125, 126, 65_535, 65_536, 1_000_000])
        {
            var message = new byte[size];
            new Random(size).NextBytes(message);
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

            Assert.Equal(message, await ReceiveAsync(socket));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).For("the closing handshake");
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task Session_IsThereAndFreeForOtherRequests()
    {
        await _browser.StoreAsync("name", "Ada");
        using var socket = await _browser.ConnectAsync(_browser.Path(async context =>
        {
            var name = context.Session.GetString("name")!;
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await accepted.SendAsync(Encoding.UTF8.GetBytes(name), WebSocketMessageType.Text, true, CancellationToken.None);
            await ReceiveAsync(accepted);
        }));

        Assert.Equal("Ada", Encoding.UTF8.GetString(await ReceiveAsync(socket)));
        await _browser.StoreAsync("name", "Grace");
        Assert.Equal("Grace", await _browser.ReadAsync("name"));
    }

    [Fact]
    public async Task AppCloses_ClientSeesItsStatus()
    {
        using var socket = await _browser.ConnectAsync(_browser.Path(async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await accepted.CloseAsync(WebSocketCloseStatus.PolicyViolation, "no", CancellationToken.None);
        }));

        await ReceiveAsync(socket);

        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "no"), (socket.CloseStatus, socket.CloseStatusDescription));
    }

    [Fact]
    public async Task AppEndsWithoutAClose_ClientIsNotLeftWaiting()
    {
        using var socket = await _browser.ConnectAsync(_browser.Path(async context => _ = await context.WebSockets.AcceptWebSocketAsync()));

        await Assert.ThrowsAnyAsync<WebSocketException>(() => ReceiveAsync(socket));
    }

    [Fact]
    public async Task ClientVanishes_RequestAbortedFires()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var socket = await _browser.ConnectAsync(_browser.Path(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await aborted.Task;
        }));

        socket.Abort();
        socket.Dispose();

        await aborted.Task.For("RequestAborted after the client vanished");
    }

    [Fact]
    public async Task AppRefuses_ClientSeesTheStatus()
    {
        var failure = await Assert.ThrowsAsync<WebSocketException>(() => _browser.ConnectAsync(_browser.Path(context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        })));

        Assert.Contains("403", failure.Message, StringComparison.Ordinal);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        while (true)
        {
            var message = await ReceiveAsync(socket);
            if (socket.State == WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, CancellationToken.None);
                return;
            }

            await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        }
    }

    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None).For("a WebSocket message");
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }
}
