using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>An app with a hub and no session, reached by every transport.</summary>
internal static class HubApp
{
    /// <summary>Clients of a case: where a node must be met again, that all meet it by chance is as good as impossible.</summary>
    private const int Clients = 10;

    public static TriedApp App => new("hubs")
    {
        Services = builder => builder.Services.AddSignalR(),
        Endpoints = app => app.MapHub<OrchardHub>("/hub"),
        Cases =
        [
            .. Transports.SelectMany(transport => new[]
            {
                Connects(transport, true),
                Connects(transport, false),
            }),
            .. Transports.Select(Streams),
            Kept("a method that throws says so", async hub =>
                (await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync<string>("Fail"))).Message),
            Kept("the client's own method is called", async hub =>
            {
                var called = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                using var _ = hub.On<string>("Called", text => called.TrySetResult(text));
                await hub.SendAsync("CallMe", "kore");
                return await called.Task.For("the hub's call");
            }),
            Kept("a result from the client", async hub =>
            {
                using var _ = hub.On("Ask", () => "six");
                return await hub.InvokeAsync<string>("AskMe").For("the hub's question");
            }),
            Kept("the connection id is the hub's own", async hub => $"{hub.ConnectionId == await hub.InvokeAsync<string>("Id")}"),
            Kept("a long message", async hub => $"{(await hub.InvokeAsync<string>("Echo", new string('x', 30_000))).Length}"),
            new("negotiate answers as on Kestrel", async walk =>
            {
                var reply = await walk.Client.FetchAsync(Client.Request(HttpMethod.Post, "/hub/negotiate?negotiateVersion=1"));
                var ids = System.Text.RegularExpressions.Regex.Replace(reply.Body, "\"(connectionId|connectionToken)\":\"[^\"]*\"", "\"$1\":\"\"");
                walk.Note($"{(int)reply.Status} {reply["content-type"]} {ids}");
            }),
            new("a connection that is not there is a 404", async walk => await walk.GetAsync("/hub?id=none")),
            .. Transports.Select(Reconnects),
        ],
    };

    private static HttpTransportType[] Transports => [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    private static AppCase Connects(HttpTransportType transport, bool hasCookies) => new(
        $"{transport} {(hasCookies ? "with" : "without")} cookies connect, ten of ten",
        async walk =>
        {
            for (var i = 0; i < Clients; i++)
            {
                await using var hub = Hub(walk, transport, hasCookies);
                await hub.StartAsync().For($"the start over {transport}");
                walk.Note(await hub.InvokeAsync<string>("Echo", $"client {i}").For("the hub's answer"));
            }
        });

    private static AppCase Streams(HttpTransportType transport) => new(
        $"a stream over {transport}",
        async walk =>
        {
            await using var hub = Hub(walk, transport, true);
            await hub.StartAsync().For($"the start over {transport}");
            await foreach (var n in hub.StreamAsync<int>("Count", 5))
            {
                walk.Note($"{n}");
            }
        });

    /// <summary>Over WebSockets, without a negotiation.</summary>
    private static AppCase Kept(string name, Func<HubConnection, Task<string>> walkAsync) => new(name, async walk =>
    {
        await using var hub = new HubConnectionBuilder().WithUrl(new Uri(walk.Address, "/hub"), options =>
        {
            options.SkipNegotiation = true;
            options.Transports = HttpTransportType.WebSockets;
        }).Build();
        await hub.StartAsync().For("the start");
        walk.Note(await walkAsync(hub));
    });

    private static AppCase Reconnects(HttpTransportType transport) => new(
        $"{transport} works again after a kill",
        async walk =>
        {
            await using var hub = Hub(walk, transport, true);
            await hub.StartAsync().For($"the start over {transport}");
            walk.Note(await hub.InvokeAsync<string>("Echo", "before").For("the hub's answer"));
            await walk.KillAsync();
            var answer = await Await.UntilAsync("an answer after the kill", async () =>
            {
                try
                {
                    if (hub.State == HubConnectionState.Disconnected)
                    {
                        await hub.StartAsync();
                    }

                    return await hub.InvokeAsync<string>("Echo", "after").WaitAsync(TimeSpan.FromSeconds(5));
                }
                catch (Exception failure) when (failure is not HubException)
                {
                    return "";
                }
            }, text => text.Length > 0);
            walk.Note(answer);
        })
    { HasKill = true };

    private static HubConnection Hub(Walk walk, HttpTransportType transport, bool hasCookies) => new HubConnectionBuilder()
        .WithUrl(new Uri(walk.Address, "/hub"), options =>
        {
            options.Transports = transport;
            if (!hasCookies)
            {
                options.HttpMessageHandlerFactory = handler =>
                {
                    ((HttpClientHandler)handler).UseCookies = false;
                    return handler;
                };
                options.WebSocketConfiguration = socket => socket.Cookies = null;
            }
        }).WithAutomaticReconnect().Build();
}

/// <summary>The hub.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1822", Justification = "A hub's methods are called on it.")]
public sealed class OrchardHub : Hub
{
    public string Echo(string text) => text;

    public string Id() => Context.ConnectionId;

    public string Fail() => throw new HubException("as it should");

    public Task CallMe(string text) => Clients.Caller.SendAsync("Called", $"hello {text}");

    public async Task<string> AskMe() => await Clients.Caller.InvokeAsync<string>("Ask", Context.ConnectionAborted);

    public async IAsyncEnumerable<int> Count(int to)
    {
        for (var i = 1; i <= to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }
}
