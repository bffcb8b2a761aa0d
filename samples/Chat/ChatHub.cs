using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;

namespace Chat;

/// <summary>The hub: a person's connection to the room of the node that serves it.</summary>
internal sealed class ChatHub(ChatRoom room, IOptions<NodeOptions> node, TimeProvider time) : Hub
{
    private const int LongestText = 500;
    private const int LongestId = 40;

    // The session as it was when the connection began; a connection cannot change it.
    private string? Name => Context.GetHttpContext()?.Session.GetString(PersonEndpoint.Attribute);

    public override Task OnConnectedAsync() => Name is { } name
        ? Clients.Caller.SendAsync("Welcome", name, node.Value.NodeName, room.History)
        : Clients.Caller.SendAsync("Stranger");

    /// <summary>Says something to everybody. The page sends it again, with the same id, if no answer came.</summary>
    [HubMethodName("Send")]
    public Task SendAsync(string id, string text)
    {
        if (Name is not { } name || id is not { Length: > 0 and <= LongestId } || text is not { Length: > 0 and <= LongestText })
        {
            throw new HubException($"A message has 1 to {LongestText} characters and a sender with a name.");
        }

        return room.SayAsync(new ChatMessage(id, time.GetUtcNow(), name, text, node.Value.NodeName));
    }
}
