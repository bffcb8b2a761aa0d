using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Conformance.App;

/// <summary>WebSockets: an app that echoes whole messages, and others that do one thing each.</summary>
internal static class SocketEndpoints
{
    public static void Use(WebApplication app) => app.UseWhen(c => c.Request.Path.StartsWithSegments("/ws"), branch => branch.UseWebSockets());

    public static void Map(WebApplication app)
    {
        app.Map("/ws/echo", context => EchoAsync(context, new WebSocketAcceptContext()));
        app.Map("/ws/deflate", context => EchoAsync(context, new WebSocketAcceptContext { DangerousEnableCompression = true }));
        app.Map("/ws/named", context => EchoAsync(context, new WebSocketAcceptContext { SubProtocol = context.WebSockets.WebSocketRequestedProtocols.LastOrDefault() }));
        app.Map("/ws/refuse", context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            context.Response.ContentLength = 2;
            return context.Response.WriteAsync("no");
        });
        app.Map("/ws/pieces", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            foreach (var (text, isLast) in ((string, bool)[])[("one ", false), ("", false), ("two", true)])
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, isLast, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", context.RequestAborted);
        });
        app.Map("/ws/close/{code:int}", async (HttpContext context, int code) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync((WebSocketCloseStatus)code, new string('r', 20), context.RequestAborted);
        });
        app.Map("/ws/charlie", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync("charlie");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "closed", context.RequestAborted);
        });
        app.Map("/ws/dispose", async context => (await context.WebSockets.AcceptWebSocketAsync()).Dispose());
        app.Map("/ws/by-hand", async context =>
        {
            var feature = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
            context.Response.Headers.Upgrade = "websocket";
            await using var stream = await feature.UpgradeAsync();
            foreach (var said in (string[])[
                $"{feature.IsUpgradableRequest} {context.Response.StatusCode} {context.Response.HasStarted}",
                await Said.ByAsync(() => context.Response.Body.WriteAsync(new byte[1]).AsTask()),
                $"{await context.Request.Body.ReadAsync(new byte[1])}",
                await Said.ByAsync(feature.UpgradeAsync),
                $"{stream.CanRead} {stream.CanWrite} {stream.CanSeek}",
            ])
            {
                // A text frame, by hand too.
                await stream.WriteAsync((byte[])[0x81, 0x7E, (byte)(said.Length >> 8), (byte)said.Length, .. Encoding.ASCII.GetBytes(said)]);
            }
        });
        app.Map("/ws/leave", async context =>
        {
            // Without a word.
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Text, true, context.RequestAborted);
        });
        app.Map("/ws/throw", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[10], context.RequestAborted);
            throw new InvalidOperationException("The app fails with an open socket.");
        });
        app.Map("/ws/abort", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[10], context.RequestAborted);
            socket.Abort();
        });
    }

    private static async Task EchoAsync(HttpContext context, WebSocketAcceptContext accept)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await context.Response.WriteAsync("no WebSocket");
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(accept);
        try
        {
            await EchoAsync(socket, context.RequestAborted);
        }
        catch (WebSocketException)
        {
            // It has said why in a close frame, which must not be lost to a cut: an app that fails is another case.
        }
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken aborted)
    {
        var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, aborted);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(part.CloseStatus ?? WebSocketCloseStatus.NormalClosure, part.CloseStatusDescription, aborted);
                return;
            }

            // Where a frame is cut into pieces is the network's affair: only whole messages can be compared.
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                await socket.SendAsync(message.GetBuffer().AsMemory(0, (int)message.Length), part.MessageType, true, aborted);
                message.SetLength(0);
            }
        }
    }
}
