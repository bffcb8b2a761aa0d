using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>
/// What ASP.NET Core's own tests try of Kestrel, TestHost, hosting and sessions, in our words, where no other group has
/// it. Which test is where: docs/conformance.md.
/// </summary>
internal static class Scenarios
{
    private static readonly string[] Methods = ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

    public static IEnumerable<Case> All => [.. Writing, .. Statuses, .. Lives, .. Reading, .. Upgrades, .. Sessions];

    private static IEnumerable<Case> Writing =>
    [
        .. new[]
        {
            "advance", "start-advance", "span-twice", "start-memory-twice", "body-and-writer", "advance-stale", "advance-unasked", "unflushed",
            "cancelled-flush", "start", "start-nothing", "start-empty", "start-flush", "start-length-throw", "length-zero", "length-zero-flush",
            "length-unflushed/100", "length-unflushed/100000", "length-taken-back/1", "length-taken-back/2", "short-complete", "complete-nothing",
            "complete-error", "bodies-replaced", "body-wrapped",
        }.SelectMany(what => new[] { Get($"/scenario/{what}"), Head($"/scenario/{what}") }),
        .. new[] { "write", "started-write", "memory", "started-memory", "flush", "complete" }.Select(what => Noted($"complete-then/{what}")),
    ];

    private static IEnumerable<Case> Statuses =>
    [
        .. Methods.SelectMany(method => new[] { 204, 205, 304, 200 }.SelectMany(code => new[]
        {
            Send($"{method} /scenario/start-status-length/{code}/0").Http1Only(), Send($"{method} /scenario/start-status-length-said/{code}/1").Http1Only(),
        })),
    ];

    private static IEnumerable<Case> Lives =>
    [
        .. new[] { "throw", "abort", "abort-throw", "abort-wait", "written", "nothing", "missing" }.Select(how => Noted($"completed/{how}")),
        Noted("completed-nested"),
        Noted("completed-throw"),
        Noted("aborted-write"),
        Scenario("nothing of a request is left to the next", Get("/scenario/own-context"), Get("/scenario/fresh-context")),
        Get("/scenario/accessor"),
        Get("/scenario/scopes"),
    ];

    private static IEnumerable<Case> Reading =>
    [
        .. new[] { "read-pipe", "read-cancelled", "read-token", "read-complete-error", "read-unexamined", "read-sync-allowed", "copy-sync", "read-zero", "read-then-throw" }
            .SelectMany(what => new[] { SendBody($"POST /scenario/{what}", "Hello"), Get($"/scenario/{what}") }),
        SendBody("POST /scenario/read-pipe", "5\r\nHello\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        Old("POST /scenario/read-pipe", "Hello"),
        Old("GET /scenario/read-pipe"),
        Expect("/scenario/read-pipe", "Hello"),
        Expect("/scenario/read-then-throw", "Hello"),
        Scenario("a connection after an unread body with trailers",
            SendBody("POST /unread", "5\r\nhello\r\n5\r\nworld\r\n0\r\nTrailer: value\r\n\r\n", "Transfer-Encoding: chunked"), SendBody("POST /echo", "world")).Http1Only(),
        .. new[]
        {
            "http://localhost/abs/path", "https://localhost/abs/path", "https://localhost:22/abs/path", "http://root@contoso.com/path",
            "http://root:password@contoso.com/path", "https://localhost/", "http://127.0.0.1/", "http://[::1]/", "http://[::1]:8080/",
            "http://localhost?q=123&w=xyz", "http://localhost/path%20with%20space?q=abc%20123",
        }.Select(target => Raw($"GET {target} HTTP/1.1\r\nContent-Length: 0\r\nHost: {Host(target)}\r\n\r\n")),
    ];

    private static IEnumerable<Case> Upgrades =>
    [
        Get("/scenario/upgrade-refused").Http1Only(),
        SendBody("POST /scenario/upgrade-refused", "a", "Connection: Upgrade").Http1Only(),
        SendBody("POST /scenario/upgrade-refused", "", "Connection: Upgrade, keep-alive").Http1Only(),
        Get("/scenario/upgrade-refused", "Connection: Upgrade", "Upgrade: words/1").Http1Only(),
        SendBody("POST /scenario/upgrade-refused", "1\r\na\r\n0\r\n\r\n", "Connection: Upgrade", "Transfer-Encoding: chunked").Http1Only(),
        new Case("an upgrade by hand: the response's body is closed, the request's is empty, and there is no second", new SocketStep("/ws/by-hand", [], [])) { AlsoOverHttp2 = false },
        new Case("a subprotocol that nobody asked for", new SocketStep("/ws/charlie", ["Sec-WebSocket-Protocol: alpha, bravo"], [SocketFrame.Close(1000)])),
        new Case("the app lets go of the socket without a word", new SocketStep("/ws/dispose", [], [])),
    ];

    private static IEnumerable<Case> Sessions =>
    [
        .. new[] { "case", "load-cancelled", "commit-cancelled", "aborted-token", "missing", "null-value" }.Select(what =>
            Scenario($"session: {what}", Get($"/session/scenario/{what}"), Get("/session/keys"))),
    ];

    /// <summary>What a request's app could not tell its own client, its next request asks for.</summary>
    private static Case Noted(string what) => Scenario(
        what, Get("/scenario/number"), Get($"/scenario/{what}/{{X-Keep-Number}}"), Get("/scenario/note/{X-Keep-Number}"));

    /// <summary>With its port, as a client that spells out the default one would send it.</summary>
    private static string Host(string target)
    {
        var uri = new Uri(target);
        return uri.IsDefaultPort ? $"{uri.Authority}:{uri.Port}" : uri.Authority;
    }
}
