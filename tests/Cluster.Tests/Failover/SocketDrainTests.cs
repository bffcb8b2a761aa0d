using System.Net.WebSockets;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Failover;

/// <summary>Nodes that stop while WebSockets are open: the clients are told that they go away.</summary>
public sealed class SocketDrainTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync([("Pomegranate:Backend:SocketGrace", "00:00:00")]);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task BackendStops_ItsSocketsCloseWith1001_AndTheSessionIsElsewhere()
    {
        using var browser = await _cluster.NewBrowserHomedOnAsync("backend-1");
        await browser.StoreAsync("key", "value");
        using var socket = await browser.ConnectAsync(browser.Path(HoldAsync));

        await Task.WhenAll(_cluster.Backends[0].StopAsync(), AssertGoingAwayAsync(socket)).For("the backend's stop, and its socket's end");

        Assert.Equal("value", await browser.ReadAsync("key"));
        using var again = await browser.ConnectAsync(browser.Path(HoldAsync));
        Assert.Equal(WebSocketState.Open, again.State);
    }

    [Fact]
    public async Task FrontendStops_ItsSocketsCloseWith1001()
    {
        var frontend = await _cluster.StartFrontendAsync();
        using var browser = _cluster.NewBrowser(frontend);
        using var socket = await browser.ConnectAsync(browser.Path(HoldAsync));

        await Task.WhenAll(frontend.DisposeAsync().AsTask(), AssertGoingAwayAsync(socket)).For("the frontend's stop, and its socket's end");
    }

    private static async Task AssertGoingAwayAsync(ClientWebSocket socket)
    {
        await socket.ReceiveAsync(new byte[100], CancellationToken.None).For("the socket's close");

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task HoldAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.ReceiveAsync(new byte[100], CancellationToken.None);
    }
}
