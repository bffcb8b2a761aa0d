namespace Chat;

/// <summary>A message as everybody gets it.</summary>
/// <param name="Id">Made by the sender's page, so that a message sent twice is still one message.</param>
/// <param name="At">By the clock of the node that took it: the order of the history.</param>
/// <param name="Node">The node that took it.</param>
internal sealed record ChatMessage(string Id, DateTimeOffset At, string Name, string Text, string Node);
