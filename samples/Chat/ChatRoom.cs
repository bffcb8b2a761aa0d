using Microsoft.AspNetCore.SignalR;

namespace Chat;

/// <summary>This node's part of the room: its history, and the hub's clients that are connected here.</summary>
internal sealed class ChatRoom(IHubContext<ChatHub> hub)
{
    private const int Kept = 100;
    private readonly Lock _lock = new();
    private readonly List<ChatMessage> _history = [];

    /// <summary>A message was said here; the other nodes' rooms do not have it yet.</summary>
    public event Action<ChatMessage>? Said;

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

    /// <summary>A client of this node says something.</summary>
    public void Say(ChatMessage message)
    {
        if (Deliver(message))
        {
            Said?.Invoke(message);
        }
    }

    /// <summary>Gives a message to the clients here; false if they have had it.</summary>
    public bool Deliver(ChatMessage message)
    {
        lock (_lock)
        {
            if (_history.Any(known => known.Id == message.Id))
            {
                return false;
            }

            _history.Add(message);
            if (_history.Count > Kept)
            {
                _history.RemoveAt(0);
            }
        }

        // Not waited for: one slow client must not hold up the room. SignalR logs what it cannot deliver.
        _ = hub.Clients.All.SendAsync("Said", message);
        return true;
    }
}
