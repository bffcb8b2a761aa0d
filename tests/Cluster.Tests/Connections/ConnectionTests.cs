using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Connections;

/// <summary>SignalR finds the node that has its connection: with cookies and without, through whichever frontend, and after shards have moved.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    /// <summary>By chance one of two backends is right: so many times it is not.</summary>
    private const int Often = 12;

    private TestCluster _cluster = null!;
    private TestFrontend _other = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(HubApp.Build, []);
        _other = await _cluster.StartFrontendAsync();
    }

    public async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets, true)]
    [InlineData(HttpTransportType.WebSockets, false)]
    [InlineData(HttpTransportType.ServerSentEvents, true)]
    [InlineData(HttpTransportType.ServerSentEvents, false)]
    [InlineData(HttpTransportType.LongPolling, true)]
    [InlineData(HttpTransportType.LongPolling, false)]
    public async Task Hub_NoSession_EveryClientIsConnected(HttpTransportType transport, bool keepsCookies)
    {
        for (var i = 0; i < Often; i++)
        {
            await using var hub = Hub(transport, new TakingTurns(i % 2 == 0 ? [Address] : [Address, _other.Address], keepsCookies));
            await hub.StartAsync().For("a connection");

            Assert.Equal($"{i}", await hub.InvokeAsync<string>("Echo", $"{i}").For("the hub's answer"));
            Assert.DoesNotContain(".on-", await hub.InvokeAsync<string>("Token"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?negotiateVersion=1")]
    public async Task RawClient_WithoutCookies_FindsItsConnection(string version)
    {
        using var http = new HttpClient(new TakingTurns([Address, _other.Address], keepsCookies: false)) { BaseAddress = Address };
        for (var i = 0; i < Often; i++)
        {
            using var answer = await http.PostAsync(new Uri($"/hub/negotiate{version}", UriKind.Relative), null);
            var negotiated = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var token = negotiated.GetProperty(version.Length > 0 ? "connectionToken" : "connectionId").GetString();

            using var poll = await http.GetAsync(new Uri($"/hub?id={token}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, poll.StatusCode);
            using var end = await http.DeleteAsync(new Uri($"/hub?id={token}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Accepted, end.StatusCode);
        }
    }

    [Fact]
    public async Task ConnectionOfANodeThatIsGone_IsAnsweredByTheApp()
    {
        using var http = new HttpClient { BaseAddress = Address };

        using var poll = await http.GetAsync(new Uri($"/hub?id={Pomegranate.Gateway.NodeMark.Add("token", 7)}", UriKind.Relative));

        Assert.Equal((HttpStatusCode.NotFound, "No Connection with that ID"), (poll.StatusCode, await poll.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData(HttpTransportType.LongPolling, false)]
    [InlineData(HttpTransportType.LongPolling, true)]
    [InlineData(HttpTransportType.ServerSentEvents, false)]
    [InlineData(HttpTransportType.ServerSentEvents, true)]
    public async Task ShardsMove_ConnectionsGoOn(HttpTransportType transport, bool hasSession)
    {
        var hubs = new List<HubConnection>();
        var closed = new List<Exception?>();
        for (var i = 0; i < Often; i++)
        {
            var handler = new TakingTurns([Address], keepsCookies: true);
            if (hasSession)
            {
                using var http = new HttpClient(handler, disposeHandler: false);
                using var signedIn = await http.GetAsync(new Uri(Address, "/sign-in"));
                Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
                handler.SendsHeader = true;
            }

            var hub = Hub(transport, handler);
            hub.Closed += failure =>
            {
                closed.Add(failure);
                return Task.CompletedTask;
            };
            await hub.StartAsync().For("a connection");
            hubs.Add(hub);
        }

        // A third of the shards moves to it. Both frontends go on believing what they have learnt.
        await _cluster.StartBackendAsync("backend-3");
        using var visitor = new HttpClient { BaseAddress = Address };
        var moved = 0;
        await Await.UntilAsync(
            "shards at home on the new backend",
            async () => moved += await visitor.GetStringAsync(new Uri("/node", UriKind.Relative)) == "backend-3" ? 1 : 0,
            count => count >= Often);
        for (var round = 0; round < 5; round++)
        {
            foreach (var hub in hubs)
            {
                Assert.Equal("text", await hub.InvokeAsync<string>("Echo", "text").For("the hub's answer"));
            }
        }

        Assert.Empty(closed);
        foreach (var hub in hubs)
        {
            await hub.DisposeAsync();
        }
    }

    private Uri Address => _cluster.Frontend.Address;

    private HubConnection Hub(HttpTransportType transport, TakingTurns handler) => new HubConnectionBuilder()
        .WithUrl(new Uri(Address, "/hub"), transport, options =>
        {
            // What the connection sends, WebSockets too, goes through it.
            options.HttpMessageHandlerFactory = _ => handler;
            options.WebSocketFactory = async (context, cancellation) =>
            {
                var socket = new System.Net.WebSockets.ClientWebSocket();
                await socket.ConnectAsync(context.Uri, new HttpClient(handler, disposeHandler: false), cancellation);
                return socket;
            };
        })
        .Build();

    /// <summary>A client whose requests go to one frontend and then to the next, and which keeps cookies or does not.</summary>
    private sealed class TakingTurns(Uri[] frontends, bool keepsCookies) : DelegatingHandler(
        new SocketsHttpHandler { UseCookies = keepsCookies, UseProxy = false, AutomaticDecompression = DecompressionMethods.All })
    {
        private int _next;

        public bool SendsHeader { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var frontend = frontends[Interlocked.Increment(ref _next) % frontends.Length];
            request.RequestUri = new UriBuilder(request.RequestUri!) { Host = frontend.Host, Port = frontend.Port }.Uri;
            if (SendsHeader)
            {
                request.Headers.Add("X-Signed-In", "yes");
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
