namespace Pomegranate.Conformance.Compare;

/// <summary>Every difference that may be, each with its reason. The same table is in docs/conformance.md.</summary>
internal static class ExplainedDifferences
{
    /// <summary>A whole outcome, where the two are alike in nothing.</summary>
    private const string Whole = @"\A[\s\S]*\z";

    public static readonly Explanation[] All = [.. Framing, .. Headers, .. Failures, .. Sessions, .. Features];

    private static Explanation[] Framing =>
    [
        new("length-for-chunks", "A body whose length the app left open has a Content-Length instead of chunks: the same meaning.")
        {
            Kestrel = [(@"^framing: (?:chunked|open)$", "framing: by length")],
        },
        new("length-for-close", "To an HTTP/1.0 client too the body's length is told, so that its connection can be kept.", @"HTTP/1\.0")
        {
            Kestrel = [(@"^framing: until close$", "framing: by length"), (@"^connection: (?:close|keep-alive)\n", ""), (@"^end: closed$", "end: kept")],
            Cluster = [(@"^connection: (?:close|keep-alive)\n", ""), (@"^end: closed$", "end: kept")],
        },
        new("app-closes-connection", "The client's connection is the frontend's: an app that sets Connection does not close it.", @"\?Connection=")
        {
            Kestrel = [(@"^connection: (?:close|X-Hop|keep-alive)\n", ""), (@"^end: closed$", "end: kept")],
        },
        new("rejection-keeps-connection", "After a request that the app rejects as bad (400, 413) Kestrel closes the connection, as it may not have read all of it. The frontend has.",
            @"/throw-bad/|/limit/|/mvc/small|a connection after errors|X: \\xff\\xfe|X-Latin: caf\\xe9")
        {
            Kestrel =
            [
                (@"^connection: close\n", ""), (@"^end: closed$", "end: kept"), (@"^\(the connection was closed, and a new one made\)\n", ""),
            ],
        },
        new("bad-chunk-close", "To malformed chunks the frontend answers 400 and closes the connection, without announcing that it will.",
            @"Transfer-Encoding: chunked")
        {
            Kestrel = [(@"^(HTTP/1\.1 400 Bad Request\n(?:.*\n)*?)connection: close\n", "$1")],
        },
        new("chunk-size-overflow", "Kestrel answers 500 to a chunk size of more than 64 bits; the frontend 400.", "FFFFFFFF")
        {
            Kestrel = [(@"^HTTP/1\.1 500 Internal Server Error$", "HTTP/1.1 400 Bad Request")],
        },
        new("chunk-framing-counts", "Kestrel counts the framing of chunks against the app's limit of the body; the cluster counts the body.", @"/limit/10")
        {
            Kestrel = [(Whole, "(413)")],
            Cluster = [(@"\AHTTP/1\.1 200 OK\n[\s\S]*\n1234\n[\s\S]*\z", "(413)")],
        },
        new("app-transfer-coding", "Transfer codings are between the frontend and its client (RFC 9112 section 6.1): an app cannot set one, and what it has framed itself is its body.",
            @"Transfer-Encoding=|/own-chunks")
        {
            Kestrel =
            [
                (@"^framing: .*$", "framing: any"), (@"^connection: close\n", ""), (@"^end: closed$", "end: kept"), (@"^HTTP/2\.0 200$", "HTTP/2.0 500"),
            ],
            Cluster = [(@"^framing: .*$", "framing: any"), (@"^5\\r\nhello\\r\n0\\r\n\\r$", "hello")],
        },
        new("connect", "CONNECT asks a proxy for a tunnel. The frontend refuses it; Kestrel lets the app answer, with a body where none may be.", "CONNECT ")
        {
            Kestrel = [(Whole, "(CONNECT)")],
            Cluster = [(@"\A(?:HTTP/1\.1 502 Bad Gateway\n|stream 1: 502,)[\s\S]*\z", "(CONNECT)")],
        },
        new("socket-cut", "An app that fails or aborts with an open WebSocket cuts it, on Kestrel without a word. Here its client is told with a close frame of 1001, as when the app's node dies.",
            "WebSockets: (?:the app (?:throws|aborts)|12 compressed rubbish)")
        {
            Cluster = [(@"^frame 88, 2 bytes: 1001 \n", "")],
        },
    ];

    private static Explanation[] Headers =>
    [
        new("hop-by-hop-request", "A proxy must take out the headers that speak of the connection (RFC 9110 section 7.6.1).")
        {
            Kestrel = [(@"^header (?i:Connection|Keep-Alive|Proxy-Connection|Proxy-Authorization|TE|Upgrade|HTTP2-Settings|Transfer-Encoding): .*\n", "")],
        },
        new("hop-by-hop-response", "The same in responses; Alt-Svc too, which names another server than the frontend.", @"response headers: GET /set-headers\?")
        {
            Kestrel = [(@"^(?:keep-alive|proxy-connection|proxy-authenticate|proxy-authentication-info|te|upgrade|alt-svc): .*\n", "")],
        },
        new("forwarded", "X-Forwarded-* say what the frontend saw; what a client claims, there or in Forwarded, is not believed.", "request headers:")
        {
            Kestrel = [(@"^header (?i:X-Forwarded-\w+|Forwarded): .*\n", "")],
            Cluster =
            [
                (@"^header X-Forwarded-(?:For: 127\.0\.0\.1|Host: shop\.test|Proto: http)\n", ""),
                (@"^header Forwarded: proto=http;host=""shop\.test"";for=127\.0\.0\.1\n", ""),
            ],
        },
        new("empty-request-header", "YARP does not pass on request headers without a value.", @"X-Empty:|Host:$|Cookie: ")
        {
            Kestrel = [(@"^header (?i:X-Empty|Host|Cookie): \n", "")],
        },
        new("odd-header-name", "A parenthesis may not be in a header's name (RFC 9110 section 5.1). Kestrel lets it pass; YARP does not.", @"X\(:")
        {
            Kestrel = [(@"^header X\(: 1\n", "")],
        },
        new("reason-injection", "A line break in a reason phrase ends the status line on Kestrel, and what follows becomes a header. The frontend refuses it.", "%0d%0a")
        {
            Kestrel = [(@"\AHTTP/1\.1 200 a\n[\s\S]*\(no header\): b\n[\s\S]*\z", "(injected)")],
            Cluster = [(@"\AHTTP/1\.1 502 Bad Gateway\n[\s\S]*\z", "(injected)")],
        },
        new("connection-features", "The app is not on the client's connection: the features by which Kestrel shows the connection itself (its lifetime, heartbeat, socket, transport) are not there.", "/server/features")
        {
            Kestrel =
            [
                (@"^(IConnection(?:Lifetime|LifetimeNotification|Complete|Heartbeat|Transport|Socket)Feature): True$", "$1: False"),
            ],
        },
        new("request-header-texts", "The exceptions of the request's header collection name the header; Kestrel's do not.", "/server/request-headers")
        {
            Cluster = [("The given key 'X-Missing'", "The given key"), (@"already been added\. Key: Host$", "already been added.")],
        },
        new("other-upgrades", "YARP passes on upgrades to WebSocket and SPDY. A wish for another protocol, or for none by name, does not reach the app.", @"/upgrade-refused \| Connection: Upgrade(?:, keep-alive$| \| Upgrade: words)")
        {
            Kestrel = [(@"\AHTTP/1\.1 101 [\s\S]*\z", "(an upgrade)")],
            Cluster = [(@"\AHTTP/1\.1 200 OK\n(?:.*\n)*InvalidOperationException: Cannot upgrade [\s\S]*\z", "(an upgrade)")],
        },
        new("head-reset-length", "In an answer to HEAD with status 205 the frontend leaves out the Content-Length of 0 that the app has set. There is no body either way.", "HEAD /scenario/start-status-length/205/0")
        {
            Kestrel = [(@"^framing: content-length 0$", "framing: none")],
        },
        new("status-over-999", "A status has three digits (RFC 9110 section 15). Kestrel sends 1000; here it becomes 999.", "/status/1000")
        {
            Kestrel = [(@"^HTTP/1\.1 1000 $", "HTTP/1.1 999 ")],
        },
    ];

    private static Explanation[] Failures =>
    [
        new("cut-before-start", "A short response travels whole: of one that fails after its start the client sees nothing but the cut of the connection. A long one is streamed, and cut as Kestrel's.")
        {
            Kestrel =
            [
                (@"^HTTP/1\.1 200 OK\nframing: .*\n(?:[a-z-]+: .*\n)*body, then cut off:\n[\s\S]*?(?=^(?:end: ))", "(no answer: reset)\n"),
            ],
        },
        new("whole-before-failure", "An app that fails once its whole answer is written: the client keeps both answer and connection. Kestrel closes the connection, and over HTTP/2 cuts the stream.",
            @"/status-write/(?:204|205|304)|/throw-whole|/too-many-later|HEAD /(?:throw-started|throw-partial|too-many|scenario/start-length-throw)|HEAD /scenario/start-status-length-said/200|-said/304")
        {
            Kestrel = [(@"^end: closed$", "end: kept"), (@"\A\(cut off: stream reset with 2\)\n[\s\S]*\z", "(a whole answer over HTTP/2)")],
            Cluster = [(@"\AHTTP/2\.0 2?3?0[0-9]\n[\s\S]*\z", "(a whole answer over HTTP/2)")],
        },
        new("head-with-body", "Kestrel sends the body that the exception handler writes to HEAD over HTTP/2. There is none (RFC 9110 section 9.3.2).",
            @"HEAD /caught/throw \(HTTP/2\)")
        {
            Kestrel = [(@"\n\{""type"".*\}$", ""), (@"^framing: (?:open|by length)$", "framing: none")],
        },
        new("head-with-wrong-length", "To HEAD with a Content-Length where none may be, Kestrel closes the connection without an answer. Here it is 500, as for GET.",
            "HEAD /status-length/20[45]/5")
        {
            Kestrel = [(@"\A\(no answer: closed\)\nend: closed\z", "(refused)")],
            Cluster = [(@"\AHTTP/1\.1 500 [\s\S]*\z", "(refused)")],
        },
    ];

    private static Explanation[] Sessions =>
    [
        new("session-cookie-of-failure", "The session that a failing request began is kept, so its cookie is sent. Kestrel's 500 drops the cookie, and the session is lost.", "GET /session/throw")
        {
            Cluster = [(@"^(?:set-cookie: \.Pomegranate\.Session=.*|cache-control: no-cache,no-store|expires: -1|pragma: no-cache)\n", "")],
        },
    ];

    private static Explanation[] Features =>
    [
        new("closed-reader-text", "Kestrel words the refusal of a completed reader differently over HTTP/2; here it is HTTP/1.1's.", @"/read-closed \| 1234 \(HTTP/2\)")
        {
            Kestrel = [("after reader was completed", "after the reader was completed")],
        },
        new("trailers-available-late", "Over HTTP/2 Kestrel knows that there are no trailers when they have arrived; here when the app has read the body.", @"POST /request-trailers \| 1234 \(HTTP/2\)$")
        {
            Kestrel = [(@"^True True True fine$", "True False True fine")],
        },
        new("connect-feature", "A WebSocket over HTTP/2 (extended CONNECT) reaches the app as an HTTP/1.1 upgrade, which it can accept in the same way.", "/server/features")
        {
            Kestrel = [(@"^IHttpExtendedConnectFeature: True$", "IHttpExtendedConnectFeature: False")],
        },
    ];
}
