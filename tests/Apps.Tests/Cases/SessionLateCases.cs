using System.Net.WebSockets;
using System.Text;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>The session changed after the response has begun: stored, where the session was there before.</summary>
internal static class SessionLateCases
{
    public static AppCase[] All =>
    [
        Late("a value set after the head is stored at the end", async c =>
        {
            await c.Response.WriteAsync("begun;");
            await c.Response.Body.FlushAsync();
            c.Session.SetString("late", "1");
            await c.Response.WriteAsync("set");
        }),
        Late("a value set after the head and committed is stored", async c =>
        {
            await c.Response.WriteAsync("begun;");
            await c.Response.Body.FlushAsync();
            c.Session.SetString("late", "1");
            await c.Session.CommitAsync();
            await c.Response.WriteAsync("committed");
        }),
        Late("server-sent events with a value set before each", async c =>
        {
            c.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                c.Session.SetString("late", $"{i}");
                await c.Session.CommitAsync();
                await c.Response.WriteAsync($"data: {i}\n\n");
                await c.Response.Body.FlushAsync();
            }
        }),
        new("a WebSocket handler sets and commits a value",
            map => map.Map("socket", async (HttpContext c) =>
            {
                using var socket = await c.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[100];
                while (await socket.ReceiveAsync(buffer, c.RequestAborted) is { MessageType: WebSocketMessageType.Text } message)
                {
                    c.Session.SetString("late", Encoding.UTF8.GetString(buffer, 0, message.Count));
                    await c.Session.CommitAsync();
                    await socket.SendAsync(Encoding.UTF8.GetBytes("stored"), WebSocketMessageType.Text, true, c.RequestAborted);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                using var socket = await walk.Client.ConnectAsync("socket");
                var buffer = new byte[100];
                foreach (var value in (string[])["one", "two"])
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(value), WebSocketMessageType.Text, true, CancellationToken.None);
                    var answer = await socket.ReceiveAsync(buffer, CancellationToken.None).For("the socket's answer");
                    walk.Note($"{answer.MessageType} {Encoding.UTF8.GetString(buffer, 0, answer.Count)}");
                    var beside = walk.Client.FetchAsync("/get?key=late");
                    await walk.NoteWhetherAtOnceAsync("read beside the socket", beside);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).For("the close");
                await walk.GetAsync("/get?key=late");
            }),
        new("a task that outlives the answer may read what it has loaded",
            map => map.MapGet("task", (HttpContext c, Gates gates) =>
            {
                var session = c.Session;
                var before = session.GetString("a");
                _ = Task.Run(async () =>
                {
                    await gates["outlives"].PassAsync();
                    gates["outlives-said " + session.GetString("a")].Reach();
                });
                return before;
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("task");
                walk.Gate("outlives").Open();
                await walk.Gate("outlives-said 1").Reached.For("the task's reading");
                walk.Note("read");
            }),
        new("a task that outlives the answer stores what it commits",
            map => map.MapGet("task-commits", (HttpContext c, Gates gates) =>
            {
                var session = c.Session;
                var before = session.GetString("a");
                _ = Task.Run(async () =>
                {
                    await gates["commits"].PassAsync();
                    session.SetString("late", "1");
                    await session.CommitAsync();
                    gates["commits-done"].Reach();
                });
                return before;
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("task-commits");
                walk.Gate("commits").Open();
                await walk.Gate("commits-done").Reached.For("the task's commit");
                await walk.GetAsync("/get?key=late");
            }),
        new("a session cannot begin after the head",
            map => map.MapGet("begins", async (HttpContext c) =>
            {
                await c.Response.WriteAsync("begun;");
                await c.Response.Body.FlushAsync();
                try
                {
                    c.Session.SetString("late", "1");
                }
                catch (InvalidOperationException)
                {
                    await c.Response.WriteAsync("refused");
                }
            }),
            async walk =>
            {
                await walk.GetAsync("begins");
                await walk.GetAsync("/get?key=late");
            }),
        new("each of many events of a feed adds to one number",
            map => map.MapGet("feed", async (HttpContext c) =>
            {
                await c.Response.WriteAsync("begun;");
                await c.Response.Body.FlushAsync();
                for (var i = 0; i < 5; i++)
                {
                    c.Session.SetInt32("events", (c.Session.GetInt32("events") ?? 0) + 1);
                    await c.Session.CommitAsync();
                }

                await c.Response.WriteAsync($"{c.Session.GetInt32("events")}");
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("feed");
            }),
        new("OnCompleted may read the session",
            map => map.MapGet("completed", (HttpContext c, Gates gates) =>
            {
                c.Response.OnCompleted(() =>
                {
                    gates["completed " + c.Session.GetString("a")].Reach();
                    return Task.CompletedTask;
                });
                return "soon";
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("completed");
                await walk.Gate("completed 1").Reached.For("what OnCompleted read");
            }),
        new("OnStarting may set a value",
            map => map.MapGet("starting", (HttpContext c) =>
            {
                c.Response.OnStarting(() =>
                {
                    c.Session.SetString("started", "1");
                    return Task.CompletedTask;
                });
                return "soon";
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("starting");
                await walk.GetAsync("/get?key=started");
            }),
    ];

    private static AppCase Late(string name, RequestDelegate app) => new(name, map => map.MapGet("late", app), async walk =>
    {
        await walk.GetAsync("/set?key=a&value=1");
        await walk.GetAsync("late");
        await walk.GetAsync("/get?key=late");
    });
}
