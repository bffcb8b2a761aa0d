namespace Pomegranate.Apps.Compare;

/// <summary>
/// Known, being mended: cases that differ and must not. One that is equal fails, so that whoever has mended it takes it off
/// this list. At the end it is empty.
/// </summary>
internal static class BeingMended
{
    public static readonly string[] Cases =
    [
        // Kestrel goes on under the id of a session that has ended; here an id that nobody knows is never taken over.
        "session options: the session ends after the app's idle time, with another afterwards",

        // Turns without stalls.
        "session: a GET that reads waits for no GET that has committed and goes on",
        "session: a GET that reads waits for no GET that has read and goes on",
        "session: a GET that reads waits for no POST that has written and goes on",
        "session: a GET that writes waits for no GET that has read and goes on",
        "session: a request may call its own site with the caller's cookie",
        "session: nobody waits for an upload that has read the session",
        "session: twenty long polls that never touch the session hold up nobody",

        // Writes after the response has begun.
        "session: a WebSocket handler sets and commits a value",
        "session: a value set after the head and committed is stored",
        "session: a value set after the head is stored at the end",
        "session: server-sent events with a value set before each",
    ];
}
