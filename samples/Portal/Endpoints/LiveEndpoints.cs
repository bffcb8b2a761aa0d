using System.Net.WebSockets;
using System.Text;

namespace Portal.Endpoints;

/// <summary>
/// Live feeds: <c>GET /live/events</c> sends an event a second, <c>/live/socket</c> is a WebSocket that says which node
/// has it and how far this session has counted, and echoes what it is sent.
/// </summary>
internal static class LiveEndpoints
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static void MapLive(this WebApplication app)
    {
        app.MapGet("/live/events", (HttpContext context, TimeProvider time) => TypedResults.ServerSentEvents(EventsAsync(context, time)));
        app.Map("/live/socket", EchoAsync);
    }

    private static async IAsyncEnumerable<string> EventsAsync(HttpContext context, TimeProvider time)
    {
        var node = AnsweringNode.NameOf(context);
        using var beat = new PeriodicTimer(Beat, time);
        do
        {
            yield return $"{time.GetUtcNow():HH:mm:ss} from {node}";
        }
        while (await beat.WaitForNextTickAsync(context.RequestAborted));
    }

    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        // Read before the socket is accepted: the session is this request's own until then.
        var greeting = $"{AnsweringNode.NameOf(context)} n={context.Session.GetInt32("n") ?? 0}";
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.SendAsync(Encoding.UTF8.GetBytes(greeting), WebSocketMessageType.Text, true, context.RequestAborted);
        var buffer = new byte[4096];
        while (socket.State == WebSocketState.Open)
        {
            var message = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }
    }
}
