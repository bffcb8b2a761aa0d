using Pomegranate.Conformance.Compare;

namespace Pomegranate.Apps.Compare;

/// <summary>Every difference that may be, with its reason (the same table is in docs/conformance.md).</summary>
internal static class Differences
{
    public static readonly Explanation[] Explained =
    [
        new("session-cookie-name", "An app that sets no name for its session cookie has `.Pomegranate.Session` for it; on Kestrel `.AspNetCore.Session`.")
        {
            Cluster = [(@"\.Pomegranate\.Session", ".AspNetCore.Session")],
        },
        new("server-addresses", "The app listens nowhere, so its server has no addresses, but for the HTTPS port of the site once a request has told it.", "the server's addresses")
        {
            Kestrel = [("^True http$", "False ")],
        },
        new("start-sends-head", "`Response.StartAsync` sends the head at once; Kestrel keeps it until something is flushed.", "StartAsync sends the head")
        {
            Kestrel = [("^the head: not at once$", "the head: at once")],
        },
        new("session-id-after-end", "The id of a session that has ended is never taken over (session fixation): who begins a session with it gets another cookie. Kestrel goes on under the old one.", "session options: the session ends")
        {
            Cluster = [(@"(^> GET /set\?key=a&value=2\n200\n)cache-control: .*\nexpires: .*\npragma: .*\nset-cookie: .*\n", "$1")],
        },
    ];
}
