namespace Pomegranate.Apps.Compare;

/// <summary>
/// Known, being mended: cases that differ and must not. One that is equal fails, so that whoever has mended it takes it off
/// this list. At the end it is empty.
/// </summary>
internal static class BeingMended
{
    public static readonly string[] Cases =
    [
        // The session cookie is the app's.
        "session options: it outlives a kill",
        "session options: the cookie has the app's name and attributes",
        "session options: the session ends after the app's idle time, with another afterwards",
        "session: Clear empties the session and keeps its id",
        "session: Id is a GUID, the same in every request, and not the cookie",
        "session: a cookie that the app deletes at sign-out begins another session",
        "session: two clients have two sessions",
        "session: values and id outlive a kill",

        // Values are the app's own.
        "session: what TryGetValue returns may be changed without changing the session",

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
