using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>An app with a hub behind middleware that reads the session in every request.</summary>
internal static class HubSessionApp
{
    public static TriedApp App => new("hubs and sessions")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddSignalR();
        },
        Pipeline = app =>
        {
            app.UseSession();
            app.Use((c, next) =>
            {
                c.Items["lang"] = c.Session.GetString("lang");
                return next(c);
            });
        },
        Endpoints = app =>
        {
            app.MapHub<SessionHub>("/hub");
            app.MapGet("/set", (string key, string value, HttpContext c) => c.Session.SetString(key, value));
            app.MapGet("/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
        },
        Cases =
        [
            .. Transports.SelectMany(transport => new[] { Beside(transport), Stores(transport) }),
            .. Transports.Select(KeepsAfterKill),
        ],
    };

    private static HttpTransportType[] Transports => [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    private static AppCase Beside(HttpTransportType transport) => new($"a page is read beside a hub over {transport}", async walk =>
    {
        await walk.GetAsync("/set?key=lang&value=el");
        await using var hub = Hub(walk, transport);
        await hub.StartAsync().For($"the start over {transport}");
        walk.Note(await hub.InvokeAsync<string>("Read", "lang").For("the hub's answer"));
        var page = walk.Client.FetchAsync("/get?key=lang");
        await walk.NoteWhetherAtOnceAsync("the page", page);
        walk.Note((await page).Body);
    });

    private static AppCase Stores(HttpTransportType transport) => new($"a hub over {transport} stores and commits", async walk =>
    {
        await walk.GetAsync("/set?key=lang&value=el");
        await using var hub = Hub(walk, transport);
        await hub.StartAsync().For($"the start over {transport}");
        await hub.InvokeAsync("Store", "basket", "seeds").For("the hub's answer");
        walk.Note((await walk.Client.FetchAsync("/get?key=basket")).Body);
    });

    private static AppCase KeepsAfterKill(HttpTransportType transport) => new($"what a hub over {transport} stored outlives a kill", async walk =>
    {
        await walk.GetAsync("/set?key=lang&value=el");
        await using (var hub = Hub(walk, transport))
        {
            await hub.StartAsync().For($"the start over {transport}");
            await hub.InvokeAsync("Store", "basket", "seeds").For("the hub's answer");
        }

        await walk.KillAsync();
        await walk.GetAsync("/get?key=basket");
    })
    { HasKill = true };

    private static HubConnection Hub(Walk walk, HttpTransportType transport) => new HubConnectionBuilder()
        .WithUrl(new Uri(walk.Address, "/hub"), options =>
        {
            options.Transports = transport;
            options.Cookies = walk.Client.Cookies;
        }).WithAutomaticReconnect().Build();
}

/// <summary>A hub that uses the session of its connection's first request.</summary>
public sealed class SessionHub : Hub
{
    private ISession Session => Context.GetHttpContext()!.Session;

    public string Read(string key) => Session.GetString(key) ?? "(none)";

    public Task Store(string key, string value)
    {
        Session.SetString(key, value);
        return Session.CommitAsync();
    }
}
