using Microsoft.AspNetCore.SignalR;

namespace Chat;

/// <summary>This node's part of the room: its history, and the hub's clients that are connected here.</summary>
internal sealed class ChatRoom(IHubContext<ChatHub> hub)
{
    private const int Kept = 100;
    private readonly Lock _lock = new();
    private readonly List<ChatMessage> _history = [];

    /// <summary>Gives a message to the rooms of the other nodes; none where the app is alone.</summary>
    public Func<ChatMessage, Task>? PassOn { get; set; }

    /// <summary>The last messages, the oldest first.</summary>
    public IReadOnlyList<ChatMessage> History
    {
        get
        {
            lock (_lock)
            {
                return [.. _history.OrderBy(message => message.At)];
            }
        }
    }

    /// <summary>
    /// A client of this node says something. The others have it first: if this node dies before its client knows that
    /// the message was said, the page says it again, and if it dies later, nobody needs this node for it.
    /// </summary>
    public async Task SayAsync(ChatMessage message)
    {
        await (PassOn?.Invoke(message) ?? Task.CompletedTask);
        Deliver(message);
    }

    /// <summary>Gives a message to the clients here, once.</summary>
    public void Deliver(ChatMessage message)
    {
        lock (_lock)
        {
            if (_history.Any(known => known.Id == message.Id))
            {
                return;
            }

            _history.Add(message);
            if (_history.Count > Kept)
            {
                _history.RemoveAt(0);
            }
        }

        // Not waited for: one slow client must not hold up the room. SignalR logs what it cannot deliver.
        _ = hub.Clients.All.SendAsync("Said", message);
    }
}
