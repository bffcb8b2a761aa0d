using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>SignalR hubs of an app whose middleware reads the session at each request, and hubs that use it.</summary>
internal static class SessionHubCases
{
    private static readonly HttpTransportType[] Transports =
        [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    public static AppCase[] All => [.. Transports.Select(Waits), .. Transports.Select(Stores)];

    /// <summary>For the URL of a request whose session the middleware is to read.</summary>
    public static void ReadSession(HttpContext context)
    {
        if (context.Request.Query.ContainsKey("reads"))
        {
            _ = context.Session.GetString("a");
        }
    }

    private static AppCase Waits(HttpTransportType transport) => new(
        $"nobody waits for a hub over {transport} whose requests have read the session",
        map => map.MapHub<SessionHub>("hub"),
        async walk =>
        {
            await walk.GetAsync("/set?key=a&value=1");
            await using var hub = await ConnectAsync(walk, transport);
            for (var i = 0; i < 3; i++)
            {
                var call = hub.InvokeAsync<string>(nameof(SessionHub.Say), $"{i}");
                await walk.NoteWhetherAtOnceAsync("a call", call);
                walk.Note(await call.For("the hub's answer"));
                var beside = walk.Client.FetchAsync("/count?reads");
                await walk.NoteWhetherAtOnceAsync("a GET that writes beside it", beside);
                walk.Note((await beside).Body);
            }
        });

    private static AppCase Stores(HttpTransportType transport) => new(
        $"a hub over {transport} reads and stores values of the session",
        map => map.MapHub<SessionHub>("hub"),
        async walk =>
        {
            await walk.GetAsync("/set?key=a&value=1");
            await using var hub = await ConnectAsync(walk, transport);
            for (var i = 0; i < 3; i++)
            {
                walk.Note(await hub.InvokeAsync<string>(nameof(SessionHub.Add)).For("the hub's answer"));
            }

            await walk.GetAsync("/get?key=events");
        });

    private static async Task<HubConnection> ConnectAsync(Walk walk, HttpTransportType transport)
    {
        var hub = new HubConnectionBuilder().WithUrl(new Uri(walk.Address, "hub?reads=1"), options =>
        {
            options.Transports = transport;
            options.Cookies = walk.Client.Cookies;
        }).Build();
        await hub.StartAsync().For($"a hub connection over {transport}");
        return hub;
    }

    /// <summary>The app's hub.</summary>
    private sealed class SessionHub : Hub
    {
        public string Say(string text) => Context.ConnectionAborted.IsCancellationRequested ? "" : text;

        /// <summary>One more of the session's events; what was wrong with it where it cannot.</summary>
        public async Task<string> Add()
        {
            try
            {
                var session = Context.GetHttpContext()!.Session;
                await session.LoadAsync();
                var events = int.Parse(session.GetString("events") ?? "0", System.Globalization.CultureInfo.InvariantCulture) + 1;
                session.SetString("events", $"{events}");
                await session.CommitAsync();
                return $"{events}";
            }
            catch (InvalidOperationException without)
            {
                return without.GetType().Name;
            }
        }
    }
}
